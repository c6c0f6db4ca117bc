package catalogue_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/core/catalogue"
)

func TestARunNumberIsWhenItBegan(t *testing.T) {
	began := time.Date(2026, 11, 23, 13, 0, 0, 123_999_999, time.FixedZone("", 3600))
	n := catalogue.RunAt(began)
	assert.Equal(t, catalogue.RunNumber(1_795_435_200_123), n)
	assert.Equal(t, "2026-11-23T12:00:00.123Z", n.Time().Format(time.RFC3339Nano))
	assert.Equal(t, n, catalogue.RunAt(n.Time()))
	assert.Equal(t, "default/1795435200123", catalogue.RunRef{Provider: "default", Number: n}.String())
}

func TestOpenStates(t *testing.T) {
	open := map[catalogue.RunState]bool{
		catalogue.Reading: true, catalogue.Announced: true,
		catalogue.Concluded: false, catalogue.Incomplete: false, catalogue.Superseded: false,
		"": false,
	}
	for state, want := range open {
		assert.Equal(t, want, state.Open(), "state %q", state)
	}
}

func TestALeaseIsNamedAfterItsProvider(t *testing.T) {
	assert.Equal(t, "fetch:ticketmaster-es", catalogue.LeaseName("ticketmaster-es"))
}
