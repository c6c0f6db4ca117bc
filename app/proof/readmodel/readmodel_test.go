//go:build linux

package readmodel

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/search"
)

// figures are those of a store.
type figures struct {
	*stocked
	memory  memory
	loads   []load
	kept    kept
	visible percentiles
	costs   []cost // of none but PostgreSQL
}

func TestSearchingInMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("starts several processes")
	}
	before := busy()
	p := programme{Events: *events, Run: catalogue.RunAt(time.Now())}
	var all []*figures
	for _, in := range []func(*testing.T, programme) *stocked{inPostgres, inSQLite} {
		f := &figures{stocked: in(t, p)}
		f.measure(t)
		all = append(all, f)
		if *judge {
			assert.Less(t, f.visible.p99, bound, "99 of 100 commits are to be visible sooner, on %s", f.name)
		}
	}
	if *judge {
		show(os.Stdout, all)
		fmt.Printf("This machine has %d processors. Its load was %s when that began, and %s in the end.\n", runtime.NumCPU(), before, busy())
	}
}

func (f *figures) measure(t *testing.T) {
	t.Helper()
	var fromStore load
	f.memory, fromStore, f.kept = first(t, f.stocked)

	p := f.start(t)
	defer p.stop()
	fromFile := following(p)
	require.Equal(t, search.FromFile, fromFile.from)
	f.loads = []load{fromStore, fromFile}

	d := &diary{committer: f.committer(p)}
	f.visible = visible(p, f.programme, d)
	if f.commit != nil {
		f.costs = []cost{
			costOf(p, d, "nothing", 0, 0),
			costOf(p, d, "searches", *searches, 0),
			costOf(p, d, "searches and changes", *searches, *changes),
		}
		last := f.costs[len(f.costs)-1]
		assert.Positive(t, last.changes)
		assert.Positive(t, last.searches.count)
	}

	found := p.verify()
	assert.Zero(t, found.WrongEvents)
	assert.Equal(t, f.Events+d.added, found.Events)
	status, err := p.index()
	require.NoError(t, err)
	assert.Equal(t, f.Events+d.added, status.Events)
	assert.Equal(t, search.ModelFollowing, status.Phase)
	assert.Zero(t, status.Wrong)
}

func show(w io.Writer, all []*figures) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...any) {
		for _, c := range cells {
			fmt.Fprint(table, c, "\t")
		}
		fmt.Fprintln(table)
	}
	part := func(cells ...any) {
		table.Flush()
		fmt.Fprintln(w)
		row(cells...)
	}

	part(fmt.Sprintf("memory, %d events", *events), "index says, B/event", "heap, B/event", "resident, B/event", "heap, MB", "resident, MB", "without index: heap, MB", "resident, MB")
	for _, f := range all {
		m := f.memory
		row(f.name, perEvent(m.told), perEvent(m.with.Heap-m.without.Heap), perEvent(m.with.RSS-m.without.RSS),
			megabytes(m.with.Heap), megabytes(m.with.RSS), megabytes(m.without.Heap), megabytes(m.without.RSS))
	}
	part("loading", "start to searched, s", "index alone, s", "CPU of the process, s", "most resident, MB", "file, MB", "written in, s")
	for _, f := range all {
		for _, l := range f.loads {
			size, took := "", ""
			if l.from == search.FromFile {
				size, took = megabytes(f.kept.bytes), seconds(f.kept.took)
			}
			row(f.name+", from the "+l.from, seconds(l.started), seconds(l.filled), seconds(l.CPU), megabytes(l.RSSMost), size, took)
		}
	}
	part(fmt.Sprintf("commit to visible, beside %d searches/s", *searches), "commits", "p50, ms", "p99, ms", "most, ms")
	for _, f := range all {
		row(f.name, f.visible.count, milliseconds(f.visible.p50), milliseconds(f.visible.p99), milliseconds(f.visible.most))
	}
	part(fmt.Sprintf("cost of a second, in %s each", *window), "CPU, s", "searches", "p50, ms", "p99, ms", "most, ms", "changes", "bases merged", "garbage collected", "heap at its most, MB", "resident, MB")
	for _, f := range all {
		for _, c := range f.costs {
			per := func(n float64) string { return fmt.Sprintf("%.2f", n/c.while.Seconds()) }
			row(f.name+", "+c.name, fmt.Sprintf("%.3f", (c.after.CPU-c.before.CPU).Seconds()/c.while.Seconds()), per(float64(c.searches.count)),
				milliseconds(c.searches.p50), milliseconds(c.searches.p99), milliseconds(c.searches.most),
				per(float64(c.changes)), per(float64(c.merges)), per(float64(c.after.Collected-c.before.Collected)), megabytes(c.after.HeapMost), megabytes(c.after.RSS))
		}
	}
	table.Flush()
	for _, f := range all {
		fmt.Fprintf(w, "\nThe programme was put into %s in %s.", f.name, f.filling.Round(time.Second))
	}
	fmt.Fprintln(w)
}

// busy is the load average of the machine over the last minute.
func busy() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

func perEvent(bytes int64) string { return fmt.Sprintf("%.0f", float64(bytes)/float64(*events)) }

func megabytes(bytes int64) string { return fmt.Sprintf("%.0f", float64(bytes)/1e6) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond))
}
