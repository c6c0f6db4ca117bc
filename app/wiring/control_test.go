package wiring_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
)

type standing []catalogue.Feed

func (s standing) Feeds(context.Context) ([]catalogue.Feed, error) { return s, nil }

func TestAwaitRun(t *testing.T) {
	run := catalogue.RunRef{Provider: "default", Number: 2}
	current := func(number catalogue.RunNumber, state catalogue.RunState) standing {
		return standing{
			{Provider: "another", Current: catalogue.Run{Ref: catalogue.RunRef{Provider: "another", Number: 9}, State: catalogue.Concluded}},
			{Provider: "default", Known: 7, Current: catalogue.Run{Ref: catalogue.RunRef{Provider: "default", Number: number}, State: state}},
		}
	}
	for name, tt := range map[string]struct {
		feeds standing
		want  catalogue.RunState
	}{
		"it is final":               {current(2, catalogue.Incomplete), catalogue.Incomplete},
		"a later one is being read": {current(3, catalogue.Reading), catalogue.Superseded},
		"a later one was concluded": {current(3, catalogue.Concluded), catalogue.Superseded},
	} {
		t.Run(name, func(t *testing.T) {
			feed, err := wiring.AwaitRun(t.Context(), tt.feeds, run)
			require.NoError(t, err)
			assert.Equal(t, run, feed.Current.Ref)
			assert.Equal(t, tt.want, feed.Current.State)
			assert.Equal(t, 7, feed.Known)
		})
	}
	t.Run("it never ends", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := wiring.AwaitRun(ctx, current(2, catalogue.Announced), run)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
