package ingest_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/ingest"
)

func TestASweepConcludesWhatIsPending(t *testing.T) {
	other := catalogue.RunRef{Provider: "other", Number: 1}
	store := newLedger()
	store.pending = []catalogue.RunRef{run, other}
	store.conclude = func(r catalogue.RunRef) error {
		if r == run {
			return fault.New(fault.Unavailable, "the store is away")
		}
		return nil
	}
	require.NoError(t, ingest.NewSweeper(ingest.NewApplier(store), time.Minute, quiet).Sweep(t.Context()))
	assert.Equal(t, []catalogue.RunRef{run, other}, store.concluded, "one that fails keeps none of the others")
}

func TestASweepWithoutAStore(t *testing.T) {
	store := newLedger()
	store.parking = fault.New(fault.Unavailable, "the store is away")
	err := ingest.NewSweeper(ingest.NewApplier(store), time.Minute, quiet).Sweep(t.Context())
	assert.Equal(t, fault.Unavailable, fault.KindOf(err))
}

func TestSweepingGoesOnUntilItIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedger()
		store.pending = []catalogue.RunRef{run}
		ctx, stop := context.WithCancel(t.Context())
		var sweeper sync.WaitGroup
		sweeper.Go(func() { ingest.NewSweeper(ingest.NewApplier(store), time.Minute, quiet).Run(ctx) })
		time.Sleep(2*time.Minute + time.Second)
		synctest.Wait()
		assert.Len(t, store.concluded, 2)
		store.set(func() { store.parking = fault.New(fault.Unavailable, "the store is away") })
		time.Sleep(time.Minute)
		store.set(func() { store.parking = nil })
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Len(t, store.concluded, 3)
		stop()
		sweeper.Wait()
	})
}
