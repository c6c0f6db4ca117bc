package wiring_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// oneRun is a reader that knows a single run.
type oneRun struct {
	ports.RunReader

	run catalogue.Run
}

func (r oneRun) Run(context.Context, catalogue.RunRef) (catalogue.Run, error) { return r.run, nil }

func TestAwaitRun(t *testing.T) {
	for name, run := range map[string]catalogue.Run{
		"it is concluded":        {State: catalogue.Concluded},
		"it was cut":             {State: catalogue.Incomplete},
		"a later one began":      {State: catalogue.Superseded},
		"a part of it is parked": {State: catalogue.Announced, Parked: 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := wiring.AwaitRun(t.Context(), oneRun{run: run}, catalogue.RunRef{Provider: "default", Number: 2})
			require.NoError(t, err)
			assert.Equal(t, run, got)
		})
	}
	t.Run("it never ends", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := wiring.AwaitRun(ctx, oneRun{run: catalogue.Run{State: catalogue.Announced}}, catalogue.RunRef{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
