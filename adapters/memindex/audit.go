package memindex

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"sort"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// day is a day in UTC, counted from the epoch.
type day int64

const daySeconds = 24 * 60 * 60

func dayOf(unix int64) day {
	d := unix / daySeconds
	if unix%daySeconds < 0 {
		d--
	}
	return day(d)
}

func (d day) begin() time.Time { return time.Unix(int64(d)*daySeconds, 0) }

// days is the range from the beginning of one day to the last second before another.
func days(from, before day) event.TimeRange {
	return event.TimeRange{From: event.NotBefore(from.begin()), To: event.NotAfter(before.begin().Add(-time.Second))}
}

// Snapshot implements ports.ReadModel.
func (x *Index) Snapshot(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	v, err := x.held()
	if err != nil {
		return catalogue.Version{}, err
	}
	return v.at, v.each(ctx, starts, x.digest, func(e *event.Event, sound bool) error {
		if !sound { // which nobody could tell of a copy
			return fault.New(fault.Internal, "the event %s is not held as it came", e.ID)
		}
		return each(e)
	})
}

// breath is how many events are looked at until others may use the processor.
const breath = 1024

// breaths are taken by who looks at many events.
type breaths struct{ looked int }

// next is to be called before each event.
func (b *breaths) next(ctx context.Context) error {
	if b.looked++; b.looked%breath == 0 {
		if ctx.Err() != nil {
			return fault.Wrap(fault.Canceled, "read the index", ctx.Err())
		}
		runtime.Gosched()
	}
	return nil
}

// each calls do for every event that starts in the range, and tells whether what is held of it is what came. Of one that is not, no more
// is told than its ID and start: the rest could not even be read.
func (v *version) each(ctx context.Context, starts event.TimeRange, d digest, do func(e *event.Event, sound bool) error) error {
	from, to := bounds(starts)
	wrong := v.wrongNames()
	var pace breaths
	look := func(e *event.Event, sound bool) error {
		if err := pace.next(ctx); err != nil {
			return err
		}
		return do(e, sound)
	}
	var e event.Event
	for row := v.starts.before(from); row < v.base.size && v.start[row] <= to; row++ {
		row := narrow(row)
		if v.gone.Contains(row) || v.start[row] < from { // a start that is not what it was is out of order
			continue
		}
		sound := v.sound(row, wrong)
		if sound {
			v.read(row, v.shared, &e)
		} else {
			e = event.Event{ID: v.id[row], Facts: event.Facts{Start: event.MomentAt(v.start[row], 0)}}
		}
		if err := look(&e, sound); err != nil {
			return err
		}
	}
	added := v.added[byStart]
	for _, f := range added[sort.Search(len(added), func(i int) bool { return added[i].event.Facts.Start.Unix() >= from }):] {
		if f.event.Facts.Start.Unix() > to {
			break
		}
		e = f.event
		if err := look(&e, d.of(&e) == f.sum); err != nil {
			return err
		}
	}
	return nil
}

// bounds are those of a range, the first and the last instant where it is open.
func bounds(r event.TimeRange) (from, to int64) {
	from, to = always, never
	if unix, set := r.From.Unix(); set {
		from = unix
	}
	if unix, set := r.To.Unix(); set {
		to = unix
	}
	return from, to
}

// Parts implements ports.ReadModel.
func (x *Index) Parts(most int) []event.TimeRange {
	v := x.current.Load()
	if v == nil {
		return []event.TimeRange{{}}
	}
	var parts []event.TimeRange
	var open event.Bound // where the part that is being made begins
	in, today := 0, day(0)
	for unix := range v.instants() {
		if d := dayOf(unix); d != today {
			if in >= most {
				parts = append(parts, event.TimeRange{From: open, To: event.NotAfter(d.begin().Add(-time.Second))})
				open, in = event.NotBefore(d.begin()), 0
			}
			today = d
		}
		in++
	}
	return append(parts, event.TimeRange{From: open})
}

// instants are the starts of all events, in order, with some of those that are not held any more.
func (v *version) instants() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		held, added := v.starts.all, v.plus.start
		for len(held) > 0 || len(added) > 0 {
			from := &held
			if len(held) == 0 || len(added) > 0 && added[0] < held[0] {
				from = &added
			}
			if !yield((*from)[0]) {
				return
			}
			*from = (*from)[1:]
		}
	}
}

// Damaged implements ports.ReadModel.
func (x *Index) Damaged(ctx context.Context) ([]event.TimeRange, error) {
	v, err := x.held()
	if err != nil {
		return nil, err
	}
	wrong := map[day]bool{}
	err = v.unsound(ctx, x.digest, func(start int64) { wrong[dayOf(start)] = true })
	var list []event.TimeRange
	for _, d := range sortedDays(wrong) {
		list = append(list, days(d, d+1))
	}
	return list, err
}

func sortedDays[T any](of map[day]T) []day {
	list := make([]day, 0, len(of))
	for d := range of {
		list = append(list, d)
	}
	slices.Sort(list)
	return list
}

// Reconcile implements ports.ReadModel.
func (x *Index) Reconcile(ctx context.Context, starts event.TimeRange, of catalogue.Version, all []event.Event) (ports.Reconciled, error) {
	x.changing.Lock()
	defer x.changing.Unlock()
	v, err := x.held()
	if err != nil {
		return ports.Reconciled{}, err
	}
	if of.Number > v.at.Number {
		return ports.Reconciled{}, fault.New(fault.Conflict, "version %s is ahead of what is held", of)
	}
	since, err := v.after(of)
	if err != nil {
		return ports.Reconciled{}, err
	}
	changed := were(since)

	type sums struct {
		held, told uint64
		unsound    bool // something is not held as it came
	}
	compared := map[day]*sums{}
	on := func(e *event.Event) *sums {
		d := dayOf(e.Facts.Start.Unix())
		if compared[d] == nil {
			compared[d] = &sums{}
		}
		return compared[d]
	}
	told := ports.Reconciled{}
	err = v.each(ctx, starts, x.digest, func(e *event.Event, sound bool) error {
		if _, moved := changed[e.ID]; !moved {
			on(e).held += x.digest.of(e)
			on(e).unsound = on(e).unsound || !sound
		}
		return nil
	})
	if err != nil {
		return told, err
	}
	for i := range all {
		if _, moved := changed[all[i].ID]; !moved {
			on(&all[i]).told += x.digest.of(&all[i])
			told.Events++
		}
	}
	told.Days = len(compared)
	wrong, unsound := map[day]bool{}, false
	for d, s := range compared {
		if s.held != s.told || s.unsound {
			wrong[d] = true
		}
		unsound = unsound || s.unsound
	}
	if told.WrongDays = len(wrong); told.WrongDays == 0 {
		return told, nil
	}
	told.Wrong, err = x.mend(ctx, v, wrong, all, changed)
	if err == nil && unsound { // then orders cannot be relied on either
		x.remake = true
		x.mergeIfGrown(x.current.Load())
	}
	return told, err
}

// mend puts events of some days in the place of what is held of those.
func (x *Index) mend(ctx context.Context, v *version, wrong map[day]bool, all []event.Event, changed map[event.ID]*event.Event) (int, error) {
	held := map[event.ID]uint64{}
	for _, d := range sortedDays(wrong) {
		err := v.each(ctx, days(d, d+1), x.digest, func(e *event.Event, sound bool) error {
			if _, moved := changed[e.ID]; !moved {
				held[e.ID] = x.digest.of(e)
				if !sound {
					held[e.ID]++ // so that it is not taken for right
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	var right []*catalogue.Change
	for i := range all {
		e := &all[i]
		if _, moved := changed[e.ID]; moved || !wrong[dayOf(e.Facts.Start.Unix())] {
			continue
		}
		if sum, there := held[e.ID]; !there || sum != x.digest.of(e) {
			right = append(right, &catalogue.Change{Version: v.at, Event: *e})
		}
		delete(held, e.ID)
	}
	left := make([]event.ID, 0, len(held))
	for id := range held {
		left = append(left, id)
	}
	next := *v
	next.delta = x.changed(v, right, left)
	x.publish(&next)
	x.mergeIfGrown(&next)
	return len(right) + len(left), nil
}
