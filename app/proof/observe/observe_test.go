package observe

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/feedsim"
	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// provider is a made-up one that misbehaves on request.
type provider struct {
	*feedsim.Moody
	t   *testing.T
	url string
}

func newProvider(t *testing.T, events int) *provider {
	t.Helper()
	sim, err := feedsim.New(feedsim.Options{Seed: 7, Events: events, Clean: true, Extended: true})
	require.NoError(t, err)
	moody := feedsim.NewMoody(feedsim.Handler(sim), feedsim.MoodyOptions{})
	s := httptest.NewServer(moody)
	t.Cleanup(s.Close)
	return &provider{Moody: moody, t: t, url: s.URL}
}

// misbehaves returns how it begins to misbehave.
func (p *provider) misbehaves(how feedsim.Misbehaviour) func() {
	return func() { require.NoError(p.t, p.Misbehave(how, 0)) }
}

// One process with all in it, and three alerts: a ticket of what a feed says, a ticket of a provider that is away, and a page.
func TestSomebodyIsTold(t *testing.T) {
	if testing.Short() {
		t.Skip("the quick tests have no tools: make test builds Prometheus and Alertmanager")
	}
	feed := newProvider(t, 400)
	o := newOnCall(t, time.Second, "")
	m := startMarquee(t, "api,fetch,consume", "MARQUEE_PROVIDER_URL="+feed.url)
	o.prometheus.watch(t, m.address())
	askAll(t, m.api, 2, 20*time.Millisecond)
	prooftest.Until(t, "the feed is in the catalogue", func() bool {
		n, err := o.prometheus.count(t.Context(), `marquee:feed_age:seconds < 3 and on () sum(marquee_feed_events{state="available"}) > 100`)
		return err == nil && n == 1
	})

	o.prove(fault{what: "records of the feed are malformed", do: feed.misbehaves("malformed_records"), undo: feed.Behave, told: []string{"RecordsRejected"}})
	o.prove(fault{what: "the provider answers with errors", do: feed.misbehaves("server_error"), undo: feed.Behave, told: []string{"ProviderDown"}})
	o.prove(fault{what: "the process is killed", do: m.Kill, undo: m.Start, told: []string{"MarqueeAbsent"}})
	o.ends()
}
