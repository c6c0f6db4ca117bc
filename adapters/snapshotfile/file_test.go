package snapshotfile_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/adapters/snapshotfile"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// held is a catalogue to take snapshots of.
type held struct {
	of     catalogue.Version
	events []event.Event
	before func(i int) error // the event i, unless nil
}

func (h held) Snapshot(_ context.Context, _ event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	var e event.Event
	for i := range h.events {
		e = h.events[i]
		if h.before != nil {
			if err := h.before(i); err != nil {
				return catalogue.Version{}, err
			}
		}
		if err := each(&e); err != nil {
			return catalogue.Version{}, err
		}
	}
	e = event.Event{} // it was only lent
	return h.of, nil
}

// read is all that is in the file, in the order in which it was handed over.
func read(ctx context.Context, f *snapshotfile.File, starts event.TimeRange) (held, error) {
	h := held{events: []event.Event{}}
	of, err := f.Snapshot(ctx, starts, func(e *event.Event) error {
		h.events = append(h.events, *e)
		return nil
	})
	h.of = of
	return h, err
}

func inFolder(t interface{ TempDir() string }) snapshotfile.Options {
	return snapshotfile.Options{Path: filepath.Join(t.TempDir(), "index.snapshot"), Origin: "a catalogue"}
}

// kept is a file with what is handed over.
func kept(t *testing.T, o snapshotfile.Options, h held) *snapshotfile.File {
	t.Helper()
	f := snapshotfile.New(o)
	require.NoError(t, f.Keep(t.Context(), h))
	return f
}

func holds(t *testing.T, f *snapshotfile.File, want held) {
	t.Helper()
	got, err := read(t.Context(), f, event.TimeRange{})
	require.NoError(t, err)
	assert.Equal(t, want.of, got.of)
	assert.Equal(t, want.events, got.events)
}

// names are the files of the folder.
func names(t *testing.T, o snapshotfile.Options) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(o.Path))
	require.NoError(t, err)
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

var (
	anyText = rapid.OneOf(
		rapid.SampledFrom([]string{"", "online", "Europe/Madrid", "Teatro Real", "\xff\x00\x80"}),
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
	anyNumber = rapid.OneOf(rapid.SampledFrom([]int64{0, 1, -1, math.MinInt64, math.MaxInt64}), rapid.Int64(), rapid.Int64Range(-100_000, 2e9))
	anyMoment = rapid.Custom(func(t *rapid.T) event.Moment {
		if !rapid.Bool().Draw(t, "known") {
			return event.Moment{}
		}
		offset := rapid.OneOf(rapid.SampledFrom([]int32{0, 7200, math.MinInt32, math.MaxInt32}), rapid.Int32())
		return event.MomentAt(anyNumber.Draw(t, "unix"), offset.Draw(t, "offset"))
	})
	anyEvent = rapid.Custom(func(t *rapid.T) event.Event {
		text := func(name string) string { return anyText.Draw(t, name) }
		number := func(name string) int64 { return anyNumber.Draw(t, name) }
		yes := func(name string) bool { return rapid.Bool().Draw(t, name) }
		moment := func(name string) event.Moment { return anyMoment.Draw(t, name) }
		return event.Event{
			ID:       event.ID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")),
			Identity: event.Identity{Provider: text("provider"), Base: text("base"), Event: text("event")},
			Facts: event.Facts{
				Title: text("title"), Organizer: text("organizer"), SellMode: text("sell mode"),
				Start: moment("start"), End: moment("end"), TimeZone: text("time zone"),
				SaleStart: moment("sale start"), SaleEnd: moment("sale end"), SoldOut: yes("sold out"),
				Prices:   event.PriceRange{Min: event.Price(number("min")), Max: event.Price(number("max")), Known: yes("priced")},
				Capacity: number("capacity"), Currency: text("currency"), Category: text("category"),
				City: text("city"), Venue: text("venue"), URL: text("url"), Image: text("image"),
			},
			FirstSeen: time.UnixMilli(rapid.OneOf(rapid.Just((time.Time{}).UnixMilli()), rapid.Int64Range(-1e14, 1e14)).Draw(t, "first seen")).UTC(),
			Available: yes("available"), Revision: number("revision"),
		}
	})
	anyVersion = rapid.Custom(func(t *rapid.T) catalogue.Version {
		return catalogue.Version{Number: anyNumber.Draw(t, "number"), Tag: rapid.Uint64().Draw(t, "tag")}
	})
)

func TestWhatIsKeptComesBack(t *testing.T) {
	o := inFolder(t)
	rapid.Check(t, func(r *rapid.T) {
		want := held{of: anyVersion.Draw(r, "version"), events: rapid.SliceOf(anyEvent).Draw(r, "events")}
		o.Origin = rapid.StringN(-1, -1, 1024).Draw(r, "origin")
		f := snapshotfile.New(o)
		require.NoError(r, f.Keep(t.Context(), want))
		got, err := read(t.Context(), f, event.TimeRange{})
		require.NoError(r, err)
		require.Equal(r, want.of, got.of)
		require.Equal(r, want.events, got.events)
	})
}

// Many blocks, one of them with an event that is far larger than a block is meant to be.
func TestManyBlocks(t *testing.T) {
	want := held{of: catalogue.Version{Number: 7, Tag: 9}, events: programme(20_000)}
	want.events[10_000].Facts.Title = strings.Repeat("long ", 150_000)
	holds(t, kept(t, inFolder(t), want), want)
}

func TestAnEventThatIsTooLarge(t *testing.T) {
	o := inFolder(t)
	old := held{events: programme(10)}
	f := kept(t, o, old)
	large := held{events: programme(3)}
	large.events[1].Facts.URL = strings.Repeat("u", 1<<20)
	require.ErrorContains(t, f.Keep(t.Context(), large), large.events[1].ID.String()+" takes 1048")
	holds(t, f, old)
}

func TestSnapshotOfARange(t *testing.T) {
	all := held{of: catalogue.Version{Number: 3}, events: programme(2000)}
	f := kept(t, inFolder(t), all)
	from, to := all.events[100].Facts.Start.Time(), all.events[1200].Facts.Start.Time()
	if to.Before(from) {
		from, to = to, from
	}
	for name, starts := range map[string]event.TimeRange{
		"all":           {},
		"from":          {From: event.NotBefore(from)},
		"to":            {To: event.NotAfter(to)},
		"between":       {From: event.NotBefore(from), To: event.NotAfter(to)},
		"a second":      {From: event.NotBefore(from), To: event.NotAfter(from)},
		"nothing":       {From: event.NotBefore(to), To: event.NotAfter(from)},
		"before it all": {To: event.NotAfter(time.Unix(0, 0))},
	} {
		t.Run(name, func(t *testing.T) {
			want := []event.Event{}
			for _, e := range all.events {
				if starts.Within(e.Facts.Start, e.Facts.Start) {
					want = append(want, e)
				}
			}
			got, err := read(t.Context(), f, starts)
			require.NoError(t, err)
			assert.Equal(t, held{of: all.of, events: want}, got)
		})
	}
}

// refused reads a file that is no good, of which nothing that is handed over may be wrong.
func refused(t *testing.T, f *snapshotfile.File, really []event.Event) error {
	t.Helper()
	n := 0
	_, err := f.Snapshot(t.Context(), event.TimeRange{}, func(e *event.Event) error {
		if n >= len(really) || *e != really[n] {
			t.Errorf("event %d is handed over, which nobody kept: %+v", n, *e)
		}
		n++
		return nil
	})
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want an error that is not_found", err)
	}
	return err
}

func TestEveryFlipAndEveryCutIsRefused(t *testing.T) {
	o := inFolder(t)
	want := held{of: catalogue.Version{Number: 12, Tag: 99}, events: programme(12)}
	f := kept(t, o, want)
	whole, err := os.ReadFile(o.Path)
	require.NoError(t, err)
	for i := range whole {
		for bit := range 8 {
			damaged := append([]byte(nil), whole...)
			damaged[i] ^= 1 << bit
			require.NoError(t, os.WriteFile(o.Path, damaged, 0o600))
			require.ErrorContains(t, refused(t, f, want.events), "the snapshot at "+o.Path+" cannot be used: ", "bit %d of byte %d", bit, i)
		}
	}
	for n := range whole {
		require.NoError(t, os.WriteFile(o.Path, whole[:n], 0o600))
		require.ErrorContains(t, refused(t, f, want.events), "it is cut off", "after %d bytes", n)
	}
	require.NoError(t, os.WriteFile(o.Path, append(whole, 0), 0o600))
	require.ErrorContains(t, refused(t, f, want.events), "something follows its end")
	require.NoError(t, os.WriteFile(o.Path, whole, 0o600))
	holds(t, f, want)
}

// What is wrong with each part is right elsewhere: parts cannot be left out, repeated or taken from another file.
func TestPartsOfOtherPlacesAreRefused(t *testing.T) {
	const head, sum, end = 1 + 4 + 4, 4, 25 + 4
	o := inFolder(t)
	want := held{of: catalogue.Version{Number: 12, Tag: 99}, events: programme(10_000)}
	f := kept(t, o, want)
	whole, err := os.ReadFile(o.Path)
	require.NoError(t, err)

	parts := [][]byte{whole[:12+len(o.Origin)+sum]}
	at := len(parts[0])
	for at < len(whole)-end {
		size := head + int(whole[at+1]) + int(whole[at+2])<<8 + int(whole[at+3])<<16 + sum
		parts = append(parts, whole[at:at+size])
		at += size
	}
	parts = append(parts, whole[at:])
	require.Greater(t, len(parts), 5)
	last := len(parts) - 1
	for name, order := range map[string][]int{
		"one is left out":          {0, 1, 3, last},
		"all are left out":         {0, last},
		"two change their places":  {0, 2, 1, 3, last},
		"one comes twice":          {0, 1, 1, 2, 3, last},
		"the beginning is missing": {1, 2, 3, last},
		"the end comes too early":  {0, 1, last, 2},
		"the end is missing":       {0, 1, 2, 3},
		"the beginning again":      {0, 0, 1, 2, 3, last},
	} {
		t.Run(name, func(t *testing.T) {
			var other []byte
			for _, i := range order {
				other = append(other, parts[i]...)
			}
			require.NoError(t, os.WriteFile(o.Path, other, 0o600))
			_ = refused(t, f, want.events)
		})
	}
}

func TestWhatIsNoSnapshotOfThisCatalogue(t *testing.T) {
	o := inFolder(t)
	f := snapshotfile.New(o)
	says := func(want string) {
		t.Helper()
		err := refused(t, f, nil)
		require.EqualError(t, err, want)
	}
	says("there is no snapshot at " + o.Path)
	assert.False(t, f.Present())
	unusable := "the snapshot at " + o.Path + " cannot be used: "

	require.NoError(t, os.WriteFile(o.Path, nil, 0o600))
	says(unusable + "it is cut off")
	require.NoError(t, os.WriteFile(o.Path, []byte(strings.Repeat("no snapshot ", 100)), 0o600))
	says(unusable + "it is no snapshot")

	other := o
	other.Origin = "b catalogue"
	assert.True(t, kept(t, other, held{events: programme(10)}).Present())
	assert.False(t, f.Present())
	says(unusable + "it is of another catalogue")

	kept(t, o, held{events: programme(10)})
	whole, err := os.ReadFile(o.Path)
	require.NoError(t, err)
	whole[8]++
	require.NoError(t, os.WriteFile(o.Path, whole, 0o600))
	says(unusable + "it has format 2 and not 1")

	require.NoError(t, os.Remove(o.Path))
	require.NoError(t, os.Mkdir(o.Path, 0o700))
	require.ErrorContains(t, refused(t, f, nil), unusable+"read "+o.Path)
}

func TestKeepReplacesAsAWholeOrNotAtAll(t *testing.T) {
	o := inFolder(t)
	old, young := held{of: catalogue.Version{Number: 1}, events: programme(5000)}, held{of: catalogue.Version{Number: 2}, events: programme(7000)}
	f := kept(t, o, old)

	boom := errors.New("boom")
	failing := young
	failing.before = func(i int) error {
		if i == 6999 {
			return boom
		}
		return nil
	}
	require.Equal(t, boom, f.Keep(t.Context(), failing), "as it is")
	holds(t, f, old)
	assert.Equal(t, []string{"index.snapshot", "index.snapshot.lock"}, names(t, o), "what was begun is removed")

	ctx, cancel := context.WithCancel(t.Context())
	interrupted := young
	interrupted.before = func(int) error { cancel(); return nil }
	require.True(t, fault.Is(f.Keep(ctx, interrupted), fault.Canceled))
	holds(t, f, old)

	require.NoError(t, f.Keep(t.Context(), young))
	holds(t, f, young)
	for _, name := range names(t, o) {
		info, err := os.Stat(filepath.Join(filepath.Dir(o.Path), name))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "%s is nobody else's to read", name)
	}
}

// A process is killed at any moment between its first byte and the new name.
func TestCrash(t *testing.T) {
	o := inFolder(t)
	old, young := held{of: catalogue.Version{Number: 1}, events: programme(100)}, held{of: catalogue.Version{Number: 2}, events: programme(300)}
	f := kept(t, o, old)
	unfinished := o.Path + ".new"
	for _, left := range []func() error{
		func() error { return os.WriteFile(unfinished, nil, 0o600) },
		func() error { return os.WriteFile(unfinished, []byte(strings.Repeat("half of it", 1<<20)), 0o400) },
		func() error { return os.Link(o.Path, unfinished) },
		func() error { return os.Symlink(o.Path, unfinished) },
	} {
		require.NoError(t, left())
		holds(t, f, old)
		require.NoError(t, f.Keep(t.Context(), young), "the next one writes all the same")
		holds(t, f, young)
		assert.Equal(t, []string{"index.snapshot", "index.snapshot.lock"}, names(t, o))
		require.NoError(t, f.Keep(t.Context(), old))
	}
}

func TestWhatIsReadStaysWhileAnotherTakesItsPlace(t *testing.T) {
	old, young := held{of: catalogue.Version{Number: 1}, events: programme(5000)}, held{of: catalogue.Version{Number: 2}, events: programme(10)}
	f := kept(t, inFolder(t), old)
	var got []event.Event
	of, err := f.Snapshot(t.Context(), event.TimeRange{}, func(e *event.Event) error {
		if got = append(got, *e); len(got) == 1 {
			return f.Keep(t.Context(), young)
		}
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, old.of, of)
	assert.Equal(t, old.events, got)
	holds(t, f, young)
}

// Several write and read at once, each as a process of its own would.
func TestKeepersSideBySide(t *testing.T) {
	o := inFolder(t)
	of := func(k int) held {
		return held{of: catalogue.Version{Number: int64(k)}, events: programme(1000 + k)}
	}
	kept(t, o, of(0))
	var all sync.WaitGroup
	for k := range 4 {
		all.Go(func() {
			for range 5 {
				assert.NoError(t, snapshotfile.New(o).Keep(t.Context(), of(k)))
			}
		})
		all.Go(func() {
			for range 10 {
				got, err := read(t.Context(), snapshotfile.New(o), event.TimeRange{})
				if assert.NoError(t, err) {
					assert.Equal(t, of(int(got.of.Number)), got)
				}
			}
		})
	}
	all.Wait()
	assert.Equal(t, []string{"index.snapshot", "index.snapshot.lock"}, names(t, o))
}

func TestAnotherWritesForTooLong(t *testing.T) {
	o := inFolder(t)
	o.LockWait = 20 * time.Millisecond
	lock := flock.New(o.Path + ".lock")
	require.NoError(t, lock.Lock())
	f := snapshotfile.New(o)
	err := f.Keep(t.Context(), held{})
	require.EqualError(t, err, "another process has been writing the snapshot at "+o.Path+" for 20ms")
	require.True(t, fault.Is(err, fault.Unavailable))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.True(t, fault.Is(f.Keep(ctx, held{}), fault.Canceled))
	require.NoError(t, lock.Close())
	require.NoError(t, f.Keep(t.Context(), held{}))
}

func TestAFolderThatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nothing", "index.snapshot")
	err := snapshotfile.New(snapshotfile.Options{Path: path}).Keep(t.Context(), held{})
	require.EqualError(t, err, "write the snapshot: open "+path+".lock: no such file or directory")
	require.True(t, fault.Is(err, fault.Unavailable))
}

func TestSnapshotEndsWithItsReader(t *testing.T) {
	f := kept(t, inFolder(t), held{events: programme(5000)})
	boom := errors.New("boom")
	n := 0
	_, err := f.Snapshot(t.Context(), event.TimeRange{}, func(*event.Event) error { n++; return boom })
	require.Equal(t, boom, err, "as it is")
	require.Equal(t, 1, n)

	ctx, cancel := context.WithCancel(t.Context())
	n = 0
	_, err = f.Snapshot(ctx, event.TimeRange{}, func(*event.Event) error { n++; cancel(); return nil })
	require.True(t, fault.Is(err, fault.Canceled), "%v", err)
	require.Less(t, n, 5000)
}
