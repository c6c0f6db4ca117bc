package overhead

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/ports"
)

const (
	days      = 60
	eventsDay = 25
)

// firstDay is when the events begin.
var firstDay = time.Date(2027, time.March, 1, 0, 0, 0, 0, time.UTC)

// programme is a feed with as many events on each day.
func programme() []byte {
	b := []byte(`<?xml version="1.0" encoding="UTF-8"?><eventList version="1.0"><output>`)
	const form = "2006-01-02T15:04:05"
	for n := range days * eventsDay {
		at := firstDay.AddDate(0, 0, n/eventsDay).Add(10*time.Hour + time.Duration(n%eventsDay)*30*time.Minute)
		b = fmt.Appendf(b, `<base_event base_event_id="%d" sell_mode="online" title="Orquesta Cámara Norte, concierto %d">`+
			`<event event_id="%d" event_start_date="%s" event_end_date="%s" sell_from="2026-01-01T00:00:00" sell_to="%s" sold_out="false">`+
			`<zone zone_id="1" capacity="100" price="%d.50" name="Platea" numbered="true"/></event></base_event>`,
			1000+n, n, 5000+n, at.Format(form), at.Add(2*time.Hour).Format(form), at.Format(form), 10+n%40)
	}
	return append(b, "</output></eventList>"...)
}

// catalogue makes one with the programme, and returns a function that gives each process a folder with a copy of it: the embedded
// store is for one process at a time.
func catalogue(t *testing.T) (folder func() string) {
	t.Helper()
	body := programme()
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = w.Write(body) // who asked knows what is missing
	}))
	defer provider.Close()
	dir := wiring.DataDir(t.TempDir())
	var log prooftest.Tail
	environ := []string{"MARQUEE_DATA_DIR=" + string(dir), "MARQUEE_PROVIDER_URL=" + provider.URL}
	filler := prooftest.Start(t, orders{Fill: true, Environ: environ}, &log, func([]byte) {})
	select {
	case <-filler.Ended():
	case <-time.After(prooftest.Patience):
	}
	require.NoError(t, filler.Stop(), &log)
	store, err := os.ReadFile(dir.Database())
	require.NoError(t, err)
	require.NoFileExists(t, dir.Database()+"-wal", "all of it is in one file")
	return func() string {
		mine := wiring.DataDir(t.TempDir())
		require.NoError(t, os.WriteFile(mine.Database(), store, 0o600))
		return string(mine)
	}
}

// fill reads the feed once.
func fill(s wiring.Settings) (err error) {
	s.Roles = wiring.Roles{Fetch: true, Consume: true}
	var poller *ingest.Poller
	var feeds ports.FeedReader
	var runs ports.RunReader
	app := wiring.Once(s, fx.Populate(&poller, &feeds, &runs))
	ctx, cancel := context.WithTimeout(context.Background(), prooftest.Patience)
	defer cancel()
	if err := app.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Stop(ctx)) }()
	result := wiring.FetchOnce(ctx, poller, feeds, runs)
	poller.Release(ctx)
	if result.Problem != "" || result.Here != days*eventsDay {
		return fmt.Errorf("the programme is not in the catalogue: %+v", result)
	}
	return nil
}
