package feedsim_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/marquee-events/marquee/adapters/feedsim"
)

func TestTheSameProviderSaysTheSame(t *testing.T) {
	o := feedsim.Options{Seed: 42, Events: 300}
	one, two := newSim(t, o), newSim(t, o)
	var last []byte
	for n := range 5 {
		a, b := fetch(t, one), fetch(t, two)
		content := render(t, a)
		if !bytes.Equal(content, render(t, b)) || a.ETag() != b.ETag() {
			t.Fatalf("fetch %d differs", n)
		}
		if !bytes.Equal(content, render(t, a)) {
			t.Fatalf("fetch %d differs when it is written again", n)
		}
		if bytes.Equal(content, last) {
			t.Fatalf("fetch %d finds nothing new", n)
		}
		last = content
	}
	current, err := one.Current()
	if err != nil || !bytes.Equal(last, render(t, current)) {
		t.Fatalf("current is not what was fetched last, %v", err)
	}
}

func TestAnotherSeedIsAnotherProvider(t *testing.T) {
	a := parse(t, render(t, newSim(t, feedsim.Options{Seed: 1}).At(today)))
	b := parse(t, render(t, newSim(t, feedsim.Options{Seed: 2}).At(today)))
	same := 0
	for i := range min(len(a.bases), len(b.bases)) {
		if a.bases[i].title == b.bases[i].title {
			same++
		}
	}
	if same > len(a.bases)/10 {
		t.Fatalf("%d of %d titles are the same", same, len(a.bases))
	}
}

func TestFiftyFetches(t *testing.T) {
	const size = 500
	s := newSim(t, feedsim.Options{Seed: 2, Events: size})
	seen := map[identity]bool{}
	gone := map[identity]bool{}
	var before map[identity]flat
	var happened struct {
		appeared, left, returned, price, capacity, zoneGone, soldOut, end, offline int
	}
	for n := range 50 {
		f := parse(t, render(t, fetch(t, s)))
		if events := f.events(); events < size*4/5 || events > size*6/5 {
			t.Fatalf("fetch %d has %d events", n, events)
		}
		now := f.flat()
		for id, e := range now {
			was, known := before[id]
			switch {
			case known:
				if was.title != e.title || was.start != e.start {
					t.Fatalf("%v is another event than before: %q at %s, %q at %s", id, was.title, was.start, e.title, e.start)
				}
				for i := range e.zones {
					happened.price += count(e.zones[i].price != was.zones[i].price)
					happened.capacity += count(e.zones[i].capacity != was.zones[i].capacity)
					happened.zoneGone += count(e.zones[i].capacity == "0" && was.zones[i].capacity != "0")
				}
				happened.soldOut += count(e.soldOut == "true" && was.soldOut == "false")
				happened.end += count(e.end != was.end)
				happened.offline += count(e.sellMode == "offline" && was.sellMode == "online")
			case before == nil:
			case gone[id]:
				happened.returned++
			case !seen[id]:
				happened.appeared++
			}
			seen[id] = true
			delete(gone, id)
		}
		for id := range before {
			if _, there := now[id]; !there {
				gone[id] = true
				happened.left++
			}
		}
		before = now
	}
	t.Logf("%+v", happened)
	for what, times := range map[string]int{
		"new events": happened.appeared, "events that left": happened.left, "returns": happened.returned, "prices": happened.price, "capacities": happened.capacity,
		"zones sold out": happened.zoneGone, "events sold out": happened.soldOut, "ends": happened.end, "turned offline": happened.offline,
	} {
		if times == 0 {
			t.Errorf("%s: none in fifty fetches", what)
		}
	}
	if happened.left > size/5 {
		t.Errorf("%d of about %d events left in fifty fetches", happened.left, size)
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestDialectsSayTheSame(t *testing.T) {
	o := feedsim.Options{Seed: 4, Events: 400}
	events := parse(t, render(t, newSim(t, o).At(today)))
	o.Dialect = feedsim.PlanList
	plans := parse(t, render(t, newSim(t, o).At(today)))
	if events.root != "eventList" || events.base != "base_event" || events.event != "event" {
		t.Errorf("eventList has %s, %s, %s", events.root, events.base, events.event)
	}
	if plans.root != "planList" || plans.base != "base_plan" || plans.event != "plan" {
		t.Errorf("planList has %s, %s, %s", plans.root, plans.base, plans.event)
	}
	for _, f := range []feed{events, plans} {
		if len(f.flat()) != f.events() {
			t.Errorf("%s: %d identities of %d events", f.root, len(f.flat()), f.events())
		}
	}
	simplify := func(f feed) string {
		out := ""
		for _, b := range f.bases {
			out += fmt.Sprint(b.id, b.title, b.sellMode, b.organizer, b.events, "\n")
		}
		return out
	}
	if simplify(events) != simplify(plans) {
		t.Error("the dialects say different things")
	}
}

const layout = "2006-01-02T15:04:05"

var decimal = regexp.MustCompile(`^\d+\.\d\d$`)

func TestBelievable(t *testing.T) {
	const size = 2000
	for _, o := range []feedsim.Options{{Seed: 5, Events: size, Clean: true, Extended: true}, {Seed: 6, Events: size, Clean: true, Zones: 60}} {
		f := parse(t, render(t, newSim(t, o).At(today)))
		var past, soon, free, soldOut, offline, noOrganizer, unicode, zones int
		most := 0
		titles, prices, categories := map[string]bool{}, map[string]bool{}, map[string]bool{}
		last := int64(0)
		for _, b := range f.bases {
			id, err := strconv.ParseInt(b.id, 10, 64)
			if err != nil || id == last {
				t.Errorf("base event %q", b.id)
			}
			last = id
			titles[b.title] = true
			categories[b.attrs["category"]] = true
			unicode += count(utf8.RuneCountInString(b.title) != len(b.title))
			noOrganizer += count(b.organizer == "")
			offline += count(b.sellMode == "offline")
			if b.title == "" || !utf8.ValidString(b.title) || strings.ContainsAny(b.title, "{}") || strings.TrimSpace(b.title) != b.title {
				t.Errorf("title %q", b.title)
			}
			for _, e := range b.events {
				start, end, from, to := moment(t, e.start), moment(t, e.end), moment(t, e.saleFrom), moment(t, e.saleTo)
				if end.Before(start) || to.Before(from) || to.After(end) {
					t.Errorf("%s: %s to %s, on sale %s to %s", b.title, e.start, e.end, e.saleFrom, e.saleTo)
				}
				if h := start.Hour(); h < 10 || h > 22 {
					t.Errorf("%s starts at %s", b.title, e.start)
				}
				past += count(end.Before(today))
				soon += count(start.Before(today.AddDate(0, 0, 120)))
				ids := map[string]bool{}
				left, gratis := 0, 0
				for _, z := range e.zones {
					capacity, err := strconv.Atoi(z.capacity)
					if err != nil || capacity < 0 || !decimal.MatchString(z.price) || z.name == "" {
						t.Errorf("%s: %+v", b.title, z)
					}
					left += capacity
					gratis += count(z.price == "0.00")
					prices[z.price[len(z.price)-2:]] = true
					ids[z.id] = true
				}
				if len(e.zones) == 0 || len(ids) != len(e.zones) || (left == 0) != (e.soldOut == "true") || gratis != 0 && gratis != len(e.zones) {
					t.Errorf("%s: %+v", b.title, e)
				}
				free += count(gratis > 0)
				soldOut += count(e.soldOut == "true")
				zones += len(e.zones)
				most = max(most, len(e.zones))
			}
		}
		n := f.events()
		t.Logf("%d events of %d base events: %d past, %d within 120 days, %d free, %d sold out, %d base events offline, %d without organizer, %d with more than ASCII, %d titles, %d zones, %d at most, categories %q",
			n, len(f.bases), past, soon, free, soldOut, offline, noOrganizer, unicode, len(titles), zones, most, slices.Sorted(maps.Keys(categories)))
		between(t, "events", n, size*9/10, size*11/10)
		between(t, "past", past, n/100, n/6)
		between(t, "within 120 days", soon, n*9/10, n)
		between(t, "free", free, n/100, n/8)
		between(t, "sold out", soldOut, n/200, n/4)
		between(t, "offline", offline, 1, len(f.bases)/10)
		between(t, "without organizer", noOrganizer, len(f.bases)/5, len(f.bases)/2)
		between(t, "titles beyond ASCII", unicode, len(f.bases)/4, len(f.bases))
		between(t, "titles", len(titles), len(f.bases)/2, len(f.bases))
		between(t, "endings of prices", len(prices), 5, 100)
		between(t, "most zones", most, max(2, o.Zones-5), max(feedsim.DefaultZones, o.Zones))
	}
}

func between(t *testing.T, what string, n, low, high int) {
	t.Helper()
	if n < low || n > high {
		t.Errorf("%s: %d is not between %d and %d", what, n, low, high)
	}
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(layout, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestTraps(t *testing.T) {
	f := parse(t, render(t, newSim(t, feedsim.Options{Seed: 8, Events: 2000}).At(today)))
	clean := parse(t, render(t, newSim(t, feedsim.Options{Seed: 8, Events: 2000, Clean: true}).At(today)))

	if !f.script || clean.script {
		t.Error("the script element belongs to the traps")
	}
	if b := f.bases[0]; b.sellMode != "offline" || b.events[0].start != "2021-09-31T20:00:00" {
		t.Errorf("the impossible date: %+v", b)
	}
	if f.events() != clean.events()+1 {
		t.Errorf("%d events with traps, %d without", f.events(), clean.events())
	}
	type found struct{ shared, repeated, late, early int }
	look := func(f feed) (n found) {
		ids := map[string]string{}
		for _, b := range f.bases {
			for _, e := range b.events {
				if other, used := ids[e.id]; used && other != b.id {
					n.shared++
				}
				ids[e.id] = b.id
				left := slices.ContainsFunc(e.zones, func(z zone) bool { return z.capacity != "0" })
				n.repeated += count(len(e.zones) > 1 && e.zones[0].id == e.zones[1].id)
				n.late += count(!left && e.soldOut == "false")
				n.early += count(left && e.soldOut == "true")
			}
		}
		return n
	}
	set := look(f)
	t.Logf("%+v", set)
	if set.shared == 0 || set.repeated == 0 || set.late == 0 || set.early == 0 {
		t.Errorf("missing: %+v", set)
	}
	if set.shared+set.repeated+set.late+set.early > f.events()/8 {
		t.Errorf("too many: %+v", set)
	}
	if none := look(clean); none != (found{}) {
		t.Errorf("in a clean feed: %+v", none)
	}
}

func TestRestart(t *testing.T) {
	o := feedsim.Options{Seed: 9, Events: 2000}
	running := newSim(t, o)
	var first feed
	for range 500 { // much quicker than one a minute: the activity clock is ahead by hours
		fetch(t, running)
	}
	first = parse(t, render(t, fetch(t, running)))

	for _, later := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour} {
		o.Clock = func() time.Time { return today.Add(later) }
		again := parse(t, render(t, fetch(t, newSim(t, o)))).flat()
		shared := 0
		for id, e := range first.flat() {
			if now, there := again[id]; there {
				shared++
				if now.title != e.title || now.start != e.start {
					t.Errorf("%v is another event after %v", id, later)
				}
			}
		}
		t.Logf("after %v: %d of %d are there", later, shared, first.events())
		if shared < first.events()*9/10 {
			t.Errorf("after %v: only %d of %d are there", later, shared, first.events())
		}
	}
}

func TestHistory(t *testing.T) {
	const size = 500
	o := feedsim.Options{Seed: 10, Events: size}
	s := newSim(t, o)
	var yesterday map[identity]flat
	ever := map[identity]bool{}
	for days := 30; days >= 1; days-- {
		when := today.AddDate(0, 0, -days)
		s.HoldAt(when)
		doc := fetch(t, s)
		if doc.ETag() != s.At(when).ETag() {
			t.Fatal("the first fetch after HoldAt is not what At says")
		}
		f := parse(t, render(t, doc))
		between(t, "events", f.events(), size*4/5, size*6/5)
		now := f.flat()
		appeared, kept, changed := 0, 0, 0
		for id, e := range now {
			ever[id] = true
			was, there := yesterday[id]
			appeared += count(!there)
			kept += count(there)
			changed += count(there && fmt.Sprint(e.zones) != fmt.Sprint(was.zones))
		}
		if yesterday != nil {
			between(t, "new", appeared, size/100, size*3/20)
			between(t, "kept", kept, size*3/4, size*6/5)
			between(t, "changed", changed, size/2, size*11/10)
		}
		yesterday = now
	}
	s.FollowClock()
	live := fetch(t, s)
	if live.ETag() != s.At(today).ETag() {
		t.Error("back at the clock, the feed is not that of today")
	}
	old := 0
	for id := range parse(t, render(t, live)).flat() {
		old += count(ever[id])
	}
	between(t, "known from the history", old, size*4/5, size*6/5)
	t.Logf("%d identities in thirty days", len(ever))
}

func TestSizeIsBounded(t *testing.T) {
	for _, size := range []int{1, 10, 100, 1000, 5000} {
		s := newSim(t, feedsim.Options{Seed: 11, Events: size})
		var least, most, sum int
		const times = 8
		for n := range times {
			events := bytes.Count(render(t, s.At(today.AddDate(0, n*8, n))), []byte("<event "))
			if n == 0 || events < least {
				least = events
			}
			most = max(most, events)
			sum += events
		}
		t.Logf("%d: %d to %d, on average %d", size, least, most, sum/times)
		if size >= 1000 {
			between(t, "least", least, size*4/5, size*6/5)
			between(t, "most", most, size*4/5, size*6/5)
		}
		between(t, "average", sum/times, size/2, size*3/2+10)
	}
}

func TestBeforeTheOpening(t *testing.T) {
	f := parse(t, render(t, newSim(t, feedsim.Options{Clean: true}).At(time.Date(1969, time.July, 20, 0, 0, 0, 0, time.UTC))))
	if f.root != "eventList" || f.events() != 0 {
		t.Errorf("%s with %d events", f.root, f.events())
	}
}

func TestWallClocksAreLocal(t *testing.T) {
	o := feedsim.Options{Seed: 12, Events: 200}
	utc := newSim(t, o)
	o.Location = time.FixedZone("two hours ahead", 2*60*60)
	ahead := newSim(t, o)
	if !bytes.Equal(render(t, ahead.At(today)), render(t, utc.At(today.Add(2*time.Hour)))) {
		t.Error("where it is two hours later, the feed is not that of two hours later")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := feedsim.New(feedsim.Options{Events: -1, Zones: feedsim.MaxZones + 1, Dialect: 9})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{"events: -1", "zones: 5001", "dialect: 9"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
	}
}

func TestAFailingWriterEndsTheWriting(t *testing.T) {
	full := errors.New("disk full")
	w := &failing{after: 3, err: full}
	if _, err := newSim(t, feedsim.Options{Events: 10_000}).At(today).WriteTo(w); !errors.Is(err, full) {
		t.Fatal(err)
	}
	if w.calls != 4 {
		t.Errorf("%d writes", w.calls)
	}
}

type failing struct {
	calls, after int
	err          error
}

func (w *failing) Write(p []byte) (int, error) {
	if w.calls++; w.calls > w.after {
		return 0, w.err
	}
	return len(p), nil
}

func BenchmarkWrite(b *testing.B) {
	for _, o := range []feedsim.Options{{Events: 1000}, {Events: 100_000}, {Events: 5000, Zones: 300}} {
		b.Run(fmt.Sprintf("events=%d/zones=%d", o.Events, o.Zones), func(b *testing.B) {
			s := newSim(b, o)
			b.ReportAllocs()
			for b.Loop() {
				n, err := s.At(today).WriteTo(io.Discard)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(n)
			}
		})
	}
}

// A seed means the same in every process, on every machine and in every version, or tags would lie. Who changes what a
// seed means raises generation in snapshot.go, and writes the new hash here.
func TestASeedMeansTheSameForEver(t *testing.T) {
	const want = "bf5b6bedd686e5f5"
	sum := sha256.Sum256(render(t, newSim(t, feedsim.Options{Seed: 1, Events: 500, Zones: 20, Extended: true}).At(today)))
	if got := hex.EncodeToString(sum[:8]); got != want {
		t.Errorf("the feed's hash is %s, not %s", got, want)
	}
}
