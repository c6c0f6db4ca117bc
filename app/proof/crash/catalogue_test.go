package crash

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// provider is the id that a process gives to its provider where none is configured.
const provider = "default"

// found is what a data folder holds.
type found struct {
	head       catalogue.Version
	events     map[event.ID]event.Event
	zones      map[string]string // by event, as the store has them
	log        []catalogue.Change
	rejections map[string]bool // by identity and reason: whether it is open
	parked     []catalogue.Parked
	runs       map[string]int // by state, and those whose departures were held
	integrity  string
}

// read reads a data folder, through the ports where there is one.
func read(t *testing.T, dir string) found {
	t.Helper()
	ctx, path := t.Context(), wiring.DataDir(dir).Database()
	store, err := sqlite.Open(ctx, sqlite.Options{Path: path, Clock: time.Now, ReadOnly: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()

	f := found{events: map[event.ID]event.Event{}, zones: map[string]string{}, rejections: map[string]bool{}, runs: map[string]int{}}
	page, err := store.Search(ctx, catalogue.Query{Limit: 1 << 20})
	require.NoError(t, err)
	f.head = page.At
	for _, e := range page.Events {
		f.events[e.ID] = e
	}
	batch, err := store.Changes(ctx, catalogue.Version{}, 1<<20)
	require.NoError(t, err)
	f.log = batch.Changes
	f.parked, err = store.Parked(ctx, 100)
	require.NoError(t, err)

	// No port tells of all zones at once, of rejections that are resolved, of old runs, and of the file itself.
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&f.integrity))
	scan(ctx, t, db, "SELECT hex(event_id), zones FROM zones", f.zones)
	scan(ctx, t, db, "SELECT base_id || '/' || event_id || ' ' || reason, resolved = 0 FROM rejections", f.rejections)
	scan(ctx, t, db, "SELECT state, count(*) FROM runs GROUP BY state UNION ALL SELECT 'held', count(*) FROM runs WHERE held > 0", f.runs)
	return f
}

// scan reads two columns into a map.
func scan[V any](ctx context.Context, t *testing.T, db *sql.DB, query string, into map[string]V) {
	t.Helper()
	rows, err := db.QueryContext(ctx, query)
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key string
		var value V
		require.NoError(t, rows.Scan(&key, &value))
		into[key] = value
	}
	require.NoError(t, rows.Err())
}

// sound checks what holds of a catalogue whatever was in the feed.
func (f found) sound(t *testing.T) {
	t.Helper()
	assert.Equal(t, "ok", f.integrity)
	assert.Empty(t, f.parked)

	replayed := map[event.ID]event.Event{}
	for i, c := range f.log {
		require.Equal(t, int64(i+1), c.Version.Number, "the numbers of the log have a gap")
		require.NotZero(t, c.Version.Tag, "entry %d has no tag", c.Version.Number)
		require.Equal(t, replayed[c.Event.ID].Revision+1, c.Event.Revision, "entry %d, event %s", c.Version.Number, c.Event.ID)
		replayed[c.Event.ID] = c.Event
	}
	require.NotEmpty(t, f.log)
	assert.Equal(t, f.log[len(f.log)-1].Version, f.head, "the head is not the last entry")
	prooftest.Same(t, "the log, replayed, against the events", f.events, replayed)
}

// remembers checks that fleeting events are there once the broker had them, whoever died after that, and
// available only while the feed has not moved on.
func (f found) remembers(t *testing.T, kept map[string]bool, book map[catalogue.RunNumber]int, last int) {
	t.Helper()
	missing := maps.Clone(kept)
	for _, e := range f.events {
		delete(missing, e.Identity.Base)
		if isFleeting(e.Identity) && e.Available {
			assert.Equal(t, last, book[catalogue.RunAt(e.FirstSeen)], "the snapshot of which %s is available", e.Identity.Base)
		}
	}
	assert.Empty(t, missing, "fleeting events that the broker had are lost")
	history := map[string]string{}
	for _, c := range f.log {
		if isFleeting(c.Event.Identity) {
			history[c.Event.Identity.Base] += " " + string(c.Kind)
		}
	}
	for id, h := range history {
		assert.Contains(t, []string{" added", " added withdrawn"}, h, id)
	}
}

// withoutFleeting is what can be compared with those who saw nothing fleeting.
func (f found) withoutFleeting() found {
	f.events, f.zones = maps.Clone(f.events), maps.Clone(f.zones)
	for id, e := range f.events {
		if isFleeting(e.Identity) {
			delete(f.events, id)
			delete(f.zones, fmt.Sprintf("%X", id[:]))
		}
	}
	f.log = slices.DeleteFunc(slices.Clone(f.log), func(c catalogue.Change) bool { return isFleeting(c.Event.Identity) })
	return f
}

// view is an event as its users see it.
type view struct {
	title, mode, start, end, cheapest, dearest, soldOut string
	available                                           bool
}

func (f found) views() map[event.ID]view {
	all := map[event.ID]view{}
	for id, e := range f.events {
		v := view{
			e.Facts.Title, e.Facts.SellMode, e.Facts.Start.Time().Format(feedTime), e.Facts.End.Time().Format(feedTime), "", "",
			strconv.FormatBool(e.Facts.SoldOut), e.Available,
		}
		if p := e.Facts.Prices; p.Known {
			v.cheapest, v.dearest = p.Min.String(), p.Max.String()
		}
		all[id] = v
	}
	return all
}

func (l listed) view(available bool) view {
	return view{l.title, l.mode, l.start, l.end, l.cheapest, l.dearest, l.soldOut, available}
}

// shows checks that a snapshot is what the catalogue has last seen.
func (f found) shows(t *testing.T, s snapshot) {
	t.Helper()
	want, got := map[event.ID]view{}, f.views()
	listings := s.listings()
	for id, l := range listings {
		_, known := got[id]
		if valid(l.start) && valid(l.end) && (known || l.mode == "online") {
			want[id] = l.view(true)
		}
	}
	maps.DeleteFunc(got, func(id event.ID, v view) bool {
		_, here := listings[id]
		if !here {
			assert.False(t, v.available, "%s is in the feed no more: %+v", id, v)
		}
		return !here || !valid(listings[id].start)
	})
	prooftest.Same(t, "the events against the last snapshot", want, got)
}

// agrees compares with the model. book tells which snapshot a run has read.
func (f found) agrees(t *testing.T, m *model, book map[catalogue.RunNumber]int) {
	t.Helper()
	want := map[event.ID]view{}
	for id, e := range m.events {
		want[id] = e.view(e.available)
	}
	prooftest.Same(t, "the events against the model", want, f.views())

	history, logged := map[event.ID]string{}, map[event.ID]string{}
	for id, e := range m.events {
		for _, c := range e.changes {
			history[id] += fmt.Sprintf(" %s in snapshot %d;", c.Kind, c.Snapshot)
		}
	}
	for _, c := range f.log {
		read, known := book[c.Run]
		require.True(t, known, "run %d has changed something and never asked for the feed", c.Run)
		logged[c.Event.ID] += fmt.Sprintf(" %s in snapshot %d;", c.Kind, read)
	}
	prooftest.Same(t, "the log against the model", history, logged)

	var open []string
	for identity, isOpen := range f.rejections {
		if isOpen {
			open = append(open, identity)
		}
	}
	slices.Sort(open)
	var wrong []string
	for _, identity := range m.wrong {
		wrong = append(wrong, identity+" "+string(catalogue.NoSuchDate))
	}
	assert.Equal(t, wrong, open, "open rejections")
}

// step is an entry of the log without what depends on when runs began.
type step struct {
	Kind      catalogue.ChangeKind
	Facts     event.Facts
	Available bool
	Revision  int64
}

// equals compares with a catalogue that nobody disturbed.
func (f found) equals(t *testing.T, undisturbed found) {
	t.Helper()
	steps := func(f found) map[event.ID]string {
		all := map[event.ID]string{}
		for _, c := range f.log {
			all[c.Event.ID] += fmt.Sprintf("%+v\n", step{c.Kind, c.Event.Facts, c.Event.Available, c.Event.Revision})
		}
		return all
	}
	prooftest.Same(t, "changes", steps(undisturbed), steps(f))
	prooftest.Same(t, "zones", undisturbed.zones, f.zones)
	prooftest.Same(t, "rejections", undisturbed.rejections, f.rejections)
	assert.Len(t, f.log, len(undisturbed.log), "entries of the log")
}
