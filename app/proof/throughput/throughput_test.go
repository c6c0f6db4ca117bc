//go:build linux

package throughput

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// durability is what a server has that keeps its data over a power cut, in place of what servers of tests have. The
// memory is that of a small server.
var durability = []string{"fsync=on", "full_page_writes=on", "synchronous_commit=on", "shared_buffers=256MB", "max_wal_size=4GB"}

func TestThroughput(t *testing.T) {
	first, changed := document(*events, 20), document(*events, 21)
	r := newRig(t)
	all := []figure{
		r.measure("all new", first),
		r.measure("nothing changed", first),
		r.measure("every price changed", changed),
	}

	kinds := map[string]int64{"added": int64(*events), "updated": int64(*events)}
	for kind, want := range kinds {
		var got int64
		require.NoError(t, r.conn.QueryRow(t.Context(), "SELECT count(*) FROM changes WHERE kind = $1", kind).Scan(&got))
		assert.Equal(t, want, got, "%s in the log", kind)
	}
	var known, at, priced int64
	require.NoError(t, r.conn.QueryRow(t.Context(), "SELECT known, number, (SELECT count(*) FROM events WHERE min_price = 215000 AND available) FROM providers, change_head").Scan(&known, &at, &priced))
	assert.Equal(t, []int64{int64(*events), 2 * int64(*events), int64(*events)}, []int64{known, at, priced}, "events known, changes logged, events with the last price")
	for _, f := range all {
		assert.Positive(t, f.sum(), "%s: processes were on a processor", f.name)
	}
	if *figures {
		show(os.Stdout, all)
	}
}

// rig is the service and what it needs, all of it processes.
type rig struct {
	t                 *testing.T
	conn              *pgx.Conn
	requests          <-chan chan<- []byte
	fetcher, consumer process
	parts             []part
	last              int64 // run that was concluded
}

// part is one of those that take time on a processor.
type part struct {
	name string
	cpu  func() time.Duration // since it was started
}

func newRig(t *testing.T) *rig {
	t.Helper()
	postgres := server.StartPostgres(t, durability...)
	conn, err := pgx.Connect(t.Context(), postgres.URL())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		var value string
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&value))
		require.Equal(t, "on", value, setting)
	}

	r := &rig{t: t, conn: conn}
	broker := start(t, "broker", orders{BrokerDir: t.TempDir()})
	// The service waits ten intervals for a run to be consumed before another one takes its place.
	interval := time.Second + time.Duration(*events)*50*time.Microsecond
	variables := []string{
		"MARQUEE_DATABASE_URL=" + postgres.URL(), "MARQUEE_BROKER_URL=" + broker.url, "MARQUEE_CONSUMERS=" + strconv.Itoa(*consumers),
		"MARQUEE_PROVIDER_TIMEZONE=Europe/Madrid", "MARQUEE_FETCH_INTERVAL=" + interval.String(),
		"MARQUEE_ADMIN_ADDR=127.0.0.1:0", "MARQUEE_DATA_DIR=" + t.TempDir(),
	}
	r.consumer = start(t, "consumer", orders{Roles: []string{"consume"}, Variables: variables})
	// The provider ends after the fetcher, which asks it again and again.
	url, requests := provide(t)
	r.requests = requests
	r.fetcher = start(t, "fetcher", orders{Roles: []string{"fetch"}, Variables: append(variables, "MARQUEE_PROVIDER_URL="+url)})
	ofProcess := func(pid int) func() time.Duration { return func() time.Duration { return cpuOf(t, pid) } }
	r.parts = []part{
		{"provider, and who measures", ofProcess(os.Getpid())},
		{"fetcher", ofProcess(r.fetcher.pid)},
		{"broker", ofProcess(broker.pid)},
		{"consumer", ofProcess(r.consumer.pid)},
		{"PostgreSQL", func() time.Duration { return cpuOfPostgres(t, conn) }},
	}
	return r
}

// figure is a reading of the feed that was measured.
type figure struct {
	name   string
	chunks int
	took   time.Duration
	parts  []part
	cpu    []time.Duration // of each part
}

func (f figure) sum() (all time.Duration) {
	for _, d := range f.cpu {
		all += d
	}
	return all
}

// measure answers the next request of the feed with a document and waits until that is in the catalogue.
func (r *rig) measure(name string, body []byte) figure {
	r.t.Helper()
	f := figure{name: name, parts: r.parts}
	_, err := r.conn.Exec(r.t.Context(), "CHECKPOINT") // what earlier readings left to be done is not this one's
	require.NoError(r.t, err)
	select {
	case answer := <-r.requests:
		profiled := r.profile(name)
		before := r.account()
		began := time.Now()
		answer <- body
		f.chunks = r.concluded()
		f.took = time.Since(began)
		for i, now := range r.account() {
			f.cpu = append(f.cpu, now-before[i])
		}
		profiled()
	case <-time.After(prooftest.Patience):
		require.FailNow(r.t, "the feed is not asked for")
	}
	return f
}

func (r *rig) account() (cpu []time.Duration) {
	for _, p := range r.parts {
		cpu = append(cpu, p.cpu())
	}
	return cpu
}

// concluded waits until the next run is final, which the fetcher's next one may follow at once, and returns how many chunks
// it had.
func (r *rig) concluded() (chunks int) {
	r.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); <-look.C {
		var state string
		var announced *int
		err := r.conn.QueryRow(r.t.Context(), "SELECT number, state, chunks FROM runs WHERE number > $1 AND ended_at IS NOT NULL ORDER BY number LIMIT 1", r.last).
			Scan(&r.last, &state, &announced)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		require.NoError(r.t, err)
		require.Equal(r.t, string(catalogue.Concluded), state)
		return *announced
	}
	require.FailNow(r.t, "the run is not concluded")
	return 0
}

// profile takes CPU profiles of fetcher and consumer from now on, for some seconds, if they are wanted.
func (r *rig) profile(name string) (taken func()) {
	r.t.Helper()
	if *profiles == "" {
		return func() {}
	}
	var taking sync.WaitGroup
	for who, p := range map[string]process{"fetcher": r.fetcher, "consumer": r.consumer} {
		taking.Go(func() {
			answer, err := http.Get(p.url + "/debug/pprof/profile?seconds=3")
			if !assert.NoError(r.t, err) {
				return
			}
			defer func() { _ = answer.Body.Close() }()
			raw, err := io.ReadAll(answer.Body)
			assert.NoError(r.t, err)
			assert.NoError(r.t, os.WriteFile(filepath.Join(*profiles, who+" "+name+".pprof"), raw, 0o600))
		})
	}
	return func() {
		taking.Wait()
		http.DefaultClient.CloseIdleConnections()
	}
}

// show prints the figures, a column for each reading.
func show(w io.Writer, all []figure) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cell func(figure) string) {
		fmt.Fprint(table, name, "\t")
		for _, f := range all {
			fmt.Fprint(table, cell(f), "\t")
		}
		fmt.Fprintln(table)
	}
	row(fmt.Sprintf("%d events with %d zones, %d consumers", *events, zones, *consumers), func(f figure) string { return f.name })
	row("events/s", func(f figure) string { return fmt.Sprintf("%.0f", float64(*events)/f.took.Seconds()) })
	row("seconds", func(f figure) string { return fmt.Sprintf("%.2f", f.took.Seconds()) })
	row("chunks", func(f figure) string { return strconv.Itoa(f.chunks) })
	row("processors at work", func(f figure) string { return fmt.Sprintf("%.2f", f.sum().Seconds()/f.took.Seconds()) })
	row("CPU seconds for 1,000 events: all", func(f figure) string { return perThousand(f.sum()) + "  100%" })
	for i, p := range all[0].parts {
		row(p.name, func(f figure) string {
			return fmt.Sprintf("%s  %3.0f%%", perThousand(f.cpu[i]), 100*f.cpu[i].Seconds()/f.sum().Seconds())
		})
	}
	table.Flush()
}

func perThousand(cpu time.Duration) string {
	return fmt.Sprintf("%.4f", cpu.Seconds()/float64(*events)*1000)
}
