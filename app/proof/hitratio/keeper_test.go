package hitratio

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/adapters/memcache"
	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

const maxResults = 100_000

// keeper is an API that keeps its answers.
type keeper struct {
	api   http.Handler
	fresh *search.Freshness
	hits  int
}

// newKeeper keeps answers as the product does, by what the log says. It follows the log until the test ends.
func newKeeper(t *testing.T, store *sqlite.Store, log ports.ChangeReader, clock func() time.Time) *keeper {
	t.Helper()
	fresh := search.NewFreshness(log, search.FreshnessOptions{})
	answers := search.NewAnswers(memcache.New(memcache.Options{Clock: clock}), fresh, clock, search.AnswersOptions{})
	life, end := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { fresh.Run(life) })
	t.Cleanup(func() {
		end()
		following.Wait()
	})
	return &keeper{api: newAPI(store, clock, answers), fresh: fresh}
}

// newAPI makes every answer anew where there are no answers to keep.
func newAPI(store *sqlite.Store, clock func() time.Time, answers httpapi.Answers) http.Handler {
	return httpapi.New(httpapi.UseCases{Events: search.NewEvents(store, maxResults), Status: search.NewStatus(store, nil, clock)}, httpapi.Options{Answers: answers})
}

// ask asks for an answer, and tells whether it was one that had been kept.
func (k *keeper) ask(t *testing.T, path string) (body []byte, kept bool) {
	t.Helper()
	body, status := get(t, k.api, path)
	if kept = strings.Contains(status, "; hit"); kept {
		k.hits++
	}
	return body, kept
}

func get(t *testing.T, api http.Handler, path string) (body []byte, cacheStatus string) {
	t.Helper()
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	require.Equal(t, http.StatusOK, w.Code, "%s: %s", path, w.Body)
	return w.Body.Bytes(), w.Header().Get("Cache-Status")
}

// everyDay retells a change log in such a way that every change touches every day, so that nothing that was made before one
// is current after it: what ends before it begins may lie in any range.
type everyDay struct{ ports.ChangeReader }

func (e everyDay) Changes(ctx context.Context, after catalogue.Version, limit int) (catalogue.ChangeBatch, error) {
	batch, err := e.ChangeReader.Changes(ctx, after, limit)
	for i := range batch.Changes {
		c := &batch.Changes[i]
		c.Event.Facts.Start, c.Event.Facts.End = event.MomentAt(1, 0), event.MomentAt(0, 0)
		c.Was = event.During(c.Event.Facts.Start, c.Event.Facts.End)
	}
	return batch, err
}
