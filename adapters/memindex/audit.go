package memindex

import (
	"cmp"
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
		return rest(ctx)
	}
	return nil
}

// rest lets others use the processor; an error where ctx ended.
func rest(ctx context.Context) error {
	if ctx.Err() != nil {
		return fault.Wrap(fault.Canceled, "read the index", ctx.Err())
	}
	runtime.Gosched()
	return nil
}

// each calls do for every event that starts in the range, and tells whether what is held of it is what came. Of one that is not, no more
// is told than its ID and about when it starts: the rest could not even be read.
//
// When such an event starts is not to be believed, but where its row stands is. It is one of the range if the rows do on both sides of it
// that are as they came.
func (v *version) each(ctx context.Context, starts event.TimeRange, d digest, do func(e *event.Event, sound bool) error) error {
	from, to := bounds(starts)
	var pace breaths
	var e event.Event
	doubt := func(id event.ID, start int64) error {
		at := event.MomentAt(start, 0)
		e = event.Event{ID: id, Facts: event.Facts{Start: at, End: at}} // no event ends before it starts
		return do(&e, false)
	}
	var doubtful []uint32                         // rows since the last that is as it came
	within, last := from == always, int64(always) // whether that is of the range, and when it starts
	settle := func(next int64) error {
		for _, row := range doubtful {
			if err := doubt(v.id[row], min(max(v.start[row], last), next)); err != nil {
				return err
			}
		}
		doubtful = doubtful[:0]
		return nil
	}
	row := narrow(v.starts.before(from))
	for ; row > 0 && v.start[row-1] >= from; row-- { // where it was looked up wrongly
	}
	for ; int(row) < v.base.size; row++ {
		if v.gone.Contains(row) {
			continue
		}
		if err := pace.next(ctx); err != nil {
			return err
		}
		if !v.sealed(row) {
			doubtful = append(doubtful, row)
			continue
		}
		start := v.start[row]
		if start > to {
			break
		}
		if start < from {
			doubtful = doubtful[:0]
			continue
		}
		if !within {
			doubtful = doubtful[:0]
		}
		if err := settle(start); err != nil {
			return err
		}
		within, last = true, start
		if !v.named(row) {
			if err := doubt(v.id[row], start); err != nil {
				return err
			}
			continue
		}
		v.read(row, v.shared, &e)
		if err := do(&e, true); err != nil {
			return err
		}
	}
	if within && int(row) == v.base.size && to == never {
		if err := settle(never); err != nil {
			return err
		}
	}
	for i := sort.Search(len(v.plus.start), func(i int) bool { return v.plus.start[i] >= from }); i < len(v.plus.start) && v.plus.start[i] <= to; i++ {
		if err := pace.next(ctx); err != nil {
			return err
		}
		f := v.added[byStart][i]
		if d.of(&f.event) != f.sum {
			if err := doubt(f.event.ID, v.plus.start[i]); err != nil {
				return err
			}
			continue
		}
		e = f.event
		if err := do(&e, true); err != nil {
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
func (x *Index) Damaged(ctx context.Context) (found ports.Damage, err error) {
	defer guard("read the index", &err)
	v, err := x.held()
	if err != nil {
		return found, err
	}
	unsound, err := v.unsound(ctx, x.digest)
	if err != nil {
		return found, err
	}
	found.Days = wholeDays(unsound)
	findable, err := v.base.findable(ctx)
	if err == nil && findable && len(unsound) == 0 { // an event that is wrong would not stand where it belongs; it is to be put right first
		findable, err = v.delta.findable(ctx, v.base)
	}
	if err == nil {
		made := !findable && x.makeAnew(v)
		found.Lookups = x.met.Swap(false) || made
	}
	return found, err
}

// makeAnew makes what events are found by anew, if it still is that of a version and this does not go on already.
func (x *Index) makeAnew(v *version) bool {
	x.changing.Lock()
	defer x.changing.Unlock()
	now := x.current.Load()
	if now == nil || now.base != v.base || x.remaking == v.base {
		return false
	}
	x.remake, x.remaking = true, v.base
	x.mergeIfGrown(now)
	return true
}

// wholeDays are the days of stretches, in order, those of several that have a day in common as one range.
func wholeDays(of []stretch) (ranges []event.TimeRange) {
	slices.SortFunc(of, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	for len(of) > 0 {
		one := of[0]
		for of = of[1:]; len(of) > 0 && dayOf(of[0].from) <= dayOf(one.to); of = of[1:] {
			one.to = max(one.to, of[0].to)
		}
		var r event.TimeRange
		if one.from != always {
			r.From = event.NotBefore(dayOf(one.from).begin())
		}
		if one.to != never {
			r.To = event.NotAfter((dayOf(one.to) + 1).begin().Add(-time.Second))
		}
		ranges = append(ranges, r)
	}
	return ranges
}

// Reconcile implements ports.ReadModel.
func (x *Index) Reconcile(ctx context.Context, starts event.TimeRange, of catalogue.Version, all []event.Event) (_ ports.Reconciled, err error) {
	x.changing.Lock()
	defer x.changing.Unlock()
	defer guard("compare the index", &err)
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
	err = v.each(ctx, starts, x.digest, func(e *event.Event, sound bool) error {
		if _, moved := changed[e.ID]; !moved {
			on(e).held += x.digest.of(e)
			on(e).unsound = on(e).unsound || !sound
		}
		return nil
	})
	if err != nil {
		return ports.Reconciled{}, err
	}
	var found ports.Reconciled
	for i := range all {
		if _, moved := changed[all[i].ID]; !moved {
			on(&all[i]).told += x.digest.of(&all[i])
			found.Events++
		}
	}
	found.Days = len(compared)
	wrong, unsound := map[day]bool{}, false
	for d, s := range compared {
		if s.held != s.told || s.unsound {
			wrong[d] = true
		}
		unsound = unsound || s.unsound
	}
	if found.WrongDays = len(wrong); found.WrongDays == 0 {
		return found, nil
	}
	if found.Wrong, err = x.mend(ctx, v, starts, wrong, all, changed); err != nil {
		return ports.Reconciled{}, err
	}
	if unsound { // then orders cannot be relied on either
		x.remake = true
		x.mergeIfGrown(x.current.Load())
	}
	return found, nil
}

// mend puts events of some days of a range in the place of what is held of those.
func (x *Index) mend(ctx context.Context, v *version, starts event.TimeRange, wrong map[day]bool, all []event.Event, changed map[event.ID]*event.Event) (int, error) {
	held := map[event.ID]uint64{}
	err := v.each(ctx, starts, x.digest, func(e *event.Event, sound bool) error {
		if _, moved := changed[e.ID]; !moved && wrong[dayOf(e.Facts.Start.Unix())] {
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
