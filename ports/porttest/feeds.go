package porttest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
)

// FeedReader is what every ports.FeedReader promises.
func FeedReader(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)

	t.Run("no provider yet", func(t *testing.T) {
		feeds, err := store.Feeds(t.Context())
		require.NoError(t, err)
		assert.Empty(t, feeds)
	})

	t.Run("each as it stands, by id", func(t *testing.T) {
		second, first := newShop(t, store, "b"), newShop(t, store, "a")
		began := c.Now()
		second.whole(began, record("1"), record("2"), record("3", impossible))
		run := first.run(began.Add(time.Minute))
		first.apply(run, 0, record("1"))

		c.Advance(2 * time.Minute)
		cut := second.run(c.Now())
		second.completeWith(catalogue.Completion{Run: cut, Chunks: 0, Failure: "the provider answered 500"})
		c.Advance(time.Second)
		second.conclude(cut)

		feeds, err := store.Feeds(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []catalogue.Feed{
			{
				Provider: "a", Known: 1, Available: 1,
				Current: catalogue.Run{Ref: run, State: catalogue.Reading, Chunks: -1, Applied: 1, Added: 1, BegunAt: run.Number.Time()},
			},
			{
				Provider: "b", Known: 2, Available: 2, Rejected: 1, LastConcluded: began, LastBelieved: began,
				Current: catalogue.Run{
					Ref: cut, State: catalogue.Incomplete, Failure: "the provider answered 500",
					BegunAt: cut.Number.Time(), AnnouncedAt: cut.Number.Time(), EndedAt: c.Now(),
				},
			},
		}, feeds)
	})
}
