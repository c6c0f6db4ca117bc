package fleet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/core/catalogue"
)

// client asks as somebody from outside does.
type client struct{ http.Client }

func newClient(t *testing.T, transport http.RoundTripper) *client {
	t.Helper()
	c := &client{http.Client{Transport: transport, Timeout: prooftest.Patience}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func (c *client) get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := c.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %s", url, answer.Status, body[:min(len(body), 500)])
	}
	return body, err
}

func (c *client) search(ctx context.Context, address, what string) ([]byte, error) {
	return c.get(ctx, "http://"+address+"/search"+what)
}

// loader asks processes for one thing after the other, and wants each answer to be a good one.
type loader struct {
	t       *testing.T
	asked   atomic.Int64
	client  *client
	stop    func()
	mu      sync.Mutex
	at      []string
	longest time.Duration
}

// load begins to ask, so many times a second over all addresses, and goes on until it is stopped, at the latest with the test.
func load(t *testing.T, c *client, perSecond int, addresses ...string) *loader {
	t.Helper()
	l := &loader{t: t, client: c, at: addresses}
	ctx, cancel := context.WithCancel(context.Background())
	var asking sync.WaitGroup
	asking.Go(func() { l.run(ctx, time.Second/time.Duration(perSecond)) })
	l.stop = sync.OnceFunc(func() {
		cancel()
		asking.Wait()
	})
	t.Cleanup(l.stop)
	return l
}

// asks says whom to ask from now on. Who is left out is not being asked any more when it returns.
func (l *loader) asks(addresses ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = addresses
}

func (l *loader) run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !l.ask(ctx, n) {
			return
		}
	}
}

func (l *loader) ask(ctx context.Context, n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.at) == 0 {
		return true
	}
	what := theBeacons
	if n%3 > 0 {
		from := day(n * 7)
		what = "?starts_at=" + from.Format(time.RFC3339) + "&ends_at=" + from.AddDate(0, 0, 5).Format(time.RFC3339)
	}
	began := time.Now()
	_, err := l.client.search(ctx, l.at[n%len(l.at)], what)
	if ctx.Err() != nil {
		return false
	}
	l.longest = max(l.longest, time.Since(began))
	if !assert.NoError(l.t, err, "a search has to be answered at any time") {
		return false
	}
	l.asked.Add(1)
	return true
}

// observer measures how long a change takes from its commit until each API answers with it. It looks only while something
// is awaited.
type observer struct {
	t     *testing.T
	store *postgres.Store
	apis  []string
	lags  []time.Duration
}

// sight is when an issue, or a later one, was first seen of each beacon. One goroutine sees.
type sight struct{ seen map[string]time.Time }

func (s *sight) note(id, title string, issue int, when time.Time) {
	if _, known := s.seen[id]; !known && issueIn(title) >= issue {
		s.seen[id] = when
	}
}

// watch looks for an issue from now on, in the database and through each API. The function that it returns waits until all have
// all of it.
func (o *observer) watch(issue int) (wait func()) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), prooftest.Patience)
	var watching errgroup.Group
	within := beaconRange(o.t)
	committed, unknown := sight{map[string]time.Time{}}, map[string]bool{}
	var before time.Time // when the database was last asked in vain: what is measured is not shorter than it was
	watching.Go(func() error {
		return repeatedly(ctx, 20*time.Millisecond, func() (bool, error) {
			began := time.Now()
			page, err := o.store.Search(ctx, catalogue.Query{Criteria: catalogue.Criteria{Range: within}, Limit: beacons})
			for _, e := range page.Events {
				committed.note(e.ID.String(), e.Facts.Title, issue, before)
			}
			if before.IsZero() { // nobody knows since when
				for id := range committed.seen {
					unknown[id] = true
				}
			}
			before = began
			return len(committed.seen) == beacons, err
		})
	})
	visible := make([]sight, len(o.apis))
	for i, address := range o.apis {
		visible[i].seen = map[string]time.Time{}
		watching.Go(func() error {
			c := &client{http.Client{Transport: &http.Transport{}}}
			defer c.CloseIdleConnections()
			return repeatedly(ctx, 50*time.Millisecond, func() (bool, error) {
				body, err := c.search(ctx, address, theBeacons)
				if err != nil {
					return false, err
				}
				events, err := answered(body)
				for id, v := range events {
					visible[i].note(id, v.Title, issue, time.Now())
				}
				return len(visible[i].seen) == beacons, err
			})
		})
	}
	wait = func() {
		o.t.Helper()
		defer cancel()
		require.NoError(o.t, watching.Wait(), "issue %d can be seen everywhere", issue)
		for id, when := range committed.seen {
			for i := range visible {
				if !unknown[id] {
					o.lags = append(o.lags, max(visible[i].seen[id].Sub(when), 0))
				}
			}
		}
	}
	o.t.Cleanup(func() {
		cancel()
		_ = watching.Wait()
	})
	return wait
}

// repeatedly asks until it is done, or fails, or ctx ends.
func repeatedly(ctx context.Context, every time.Duration, ask func() (done bool, err error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if done, err := ask(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// worst are the longest of the lags, and the one that is longer than 99 of 100.
func (o *observer) worst() (longest, p99 time.Duration) {
	slices.Sort(o.lags)
	return o.lags[len(o.lags)-1], o.lags[(len(o.lags)-1)*99/100]
}
