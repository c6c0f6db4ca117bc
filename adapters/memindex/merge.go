package memindex

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/marquee-events/marquee/core/event"
)

// A delta is brought into the base when it has an eighth of its rows, and is not small; or when searches would notice how large it
// is, but not so often that a large base is made anew all the time.
const (
	smallDelta = 256
	largeDelta = 8192
	largeShare = 128 // of the rows
)

func (x *Index) mergeIfGrown(v *version) {
	at := cmp.Or(x.options.MergeAt, min(max(smallDelta, v.base.size/8), max(largeDelta, v.base.size/largeShare)))
	if v.delta.size() >= at || x.remake {
		x.startMerge(v)
	}
}

// manyUnused are as many titles, or other texts, as nobody minds though no event has them any more.
const manyUnused = 10_000

// startMerge brings a version into one base, in the background, unless one is being brought already.
func (x *Index) startMerge(v *version) {
	if x.merging || x.closed {
		return
	}
	join := x.joined
	if unused := v.base.size/2 + manyUnused; x.remake || v.unused > unused || v.unusedNames > unused { // which joining keeps
		join = x.remade
	}
	x.merging, x.remake = true, false
	bases, names := x.bases, x.names
	x.merges.Go(func() {
		// Where that fails, the next look at everything finds out why.
		made, names, err := join(v, names)
		x.merged(v, bases, made, names, err)
	})
}

// merged lets what changed since a version be the delta of a base that was made of it, unless that failed. There is one merge at a time.
func (x *Index) merged(v *version, bases int, made *base, n *names, err error) {
	x.changing.Lock()
	defer x.changing.Unlock()
	x.merging, x.remaking = false, nil
	now := x.current.Load()
	if now == nil || x.bases != bases {
		return // it is of what is not held any more
	}
	if err == nil {
		_ = x.replace(v, now, made, n)
	}
	if x.remake { // it was asked for meanwhile
		x.startMerge(x.current.Load())
	}
}

// replace publishes the version of now with a base that was made of an earlier one. Until it is sure that there is one, nothing is changed. An
// event's own ID is not asked for where another tells it: it may be wrong.
func (x *Index) replace(v, now *version, made *base, n *names) (err error) {
	defer guard("replace the index", &err)
	// What is in the new base and is not so any more: what changed since the version, or left.
	died := roaring.New()
	bury := func(id event.ID) {
		if row, known := made.find(id); known {
			died.Add(row)
		}
	}
	held := make(map[*fresh]bool, len(now.added[byStart]))
	for _, f := range now.added[byStart] {
		held[f] = true
	}
	merged := make(map[*fresh]bool, len(v.added[byStart]))
	for _, f := range v.added[byStart] {
		merged[f] = true
		if !held[f] {
			bury(f.event.ID)
		}
	}
	byID := make(map[event.ID]*fresh, len(x.byID))
	var came []*fresh
	for id, f := range x.byID {
		if merged[f] {
			continue
		}
		moved := *f
		moved.settle(made)
		byID[id] = &moved
		came = append(came, &moved)
		bury(id)
	}
	roaring.AndNot(now.gone, v.gone).Iterate(func(row uint32) bool {
		bury(now.id[row])
		return true
	})
	next := *now
	next.base = made
	next.delta = emptyDelta().with(made, nil, came, died.ToArray())
	x.names, x.byID = n, byID
	x.publish(&next)
	return nil
}

// remade is a base of all that a version holds, made as if it came from outside: for where something of it was found that is not as it
// came, or that events are found by and is not as it was made.
func (x *Index) remade(v *version, _ *names) (_ *base, _ *names, err error) {
	defer guard("make the index anew", &err)
	n := newNames()
	b := newBuilder(n)
	err = v.sureOfTheDead().each(context.Background(), event.TimeRange{}, x.digest, func(e *event.Event, sound bool) error {
		b.add(e)
		if !sound {
			b.seal[len(b.seal)-1]++ // it is still to be found
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	made, err := b.build()
	return made, n, err // where an ID is damaged, there may be two of it
}

// sureOfTheDead is the version without the rows of those events that its delta has, and without those that both lists of the dead have: one
// of them may be wrong, and what is missing would be missed until it is compared with the store.
func (v *version) sureOfTheDead() *version {
	added := make(map[event.ID]bool, len(v.added[byStart]))
	for _, f := range v.added[byStart] {
		added[f.event.ID] = true
	}
	sure, d := *v, *v.delta
	d.gone = roaring.And(v.gone, roaring.BitmapOf(v.dead...))
	for row, id := range v.id {
		if added[id] {
			d.gone.Add(narrow(row))
		}
	}
	sure.delta = &d
	return &sure
}

// joined is a base of all that a version holds. All orders of the base and of the delta are known, and where the one comes in
// between the other, so nothing is sorted anew.
func (x *Index) joined(v *version, n *names) (_ *base, _ *names, err error) {
	defer guard("bring the index into one piece", &err)
	// What is wrong must not get a checksum that calls it right.
	sure, err := v.base.findable(context.Background())
	if sure && err == nil {
		sure, err = v.delta.findable(context.Background(), v.base)
	}
	if !sure || err != nil {
		x.met.Store(true)
		return x.remade(v, n)
	}
	b, d := v.base, v.delta
	added := d.added[byStart]
	e := edit{gone: make([]int, len(d.dead)), before: make([]int, len(added))}
	for i, row := range d.dead {
		e.gone[i] = int(row)
	}
	for i, a := range added {
		e.before[i] = int(a.before[byStart])
	}

	f, titles := b.folds, b.title
	if strange := d.strangeFolds(f); len(strange) > 0 {
		var places []uint32
		f, places = f.joined(strange)
		titles = make([]uint32, b.size)
		for row, rank := range b.title {
			titles[row] = places[rank]
		}
	}
	var came columns
	var all, values [fields]labels
	for field := range all {
		all[field] = b.filters.labelsOf(field, b.size)
	}
	t := texts{pieces: slices.Clip(b.texts.pieces), bytes: b.texts.bytes}
	names := func() int {
		x.changing.Lock() // names are everybody's
		defer x.changing.Unlock()
		for _, a := range added {
			rank, _ := f.rank(a.fold)
			at, record := t.add(&a.event, n)
			came.add(&a.event, at, record, narrow(rank))
			if x.digest.of(&a.event) != a.sum { // what the seal is of is not what came
				came.seal[len(came.seal)-1]++
			}
			for field, value := range valuesOf(&a.event) {
				values[field].rows = append(values[field].rows, all[field].number(value))
			}
		}
		return len(n.list)
	}()
	t.close()
	for field := range all {
		all[field].rows = editedColumn(all[field].rows, e, values[field].rows)
	}

	c := b.columns
	c.title = titles
	c = c.edited(e, came)
	if t.wasted(c.record) {
		t.rewrite(c.record)
	}
	made := &base{columns: c, texts: t, size: len(c.id), folds: f, unusedNames: names - t.namesIn(c.record, names)}
	made.joinOrders(b, d, e)
	made.finish(all)
	return made, n, nil
}

// joinOrders makes the orders of those of a base and its delta, of which the rows went through an edit.
func (b *base) joinOrders(old *base, d *delta, e edit) {
	const none = ^uint32(0)
	// Where the rows of the old base are now, and those that came.
	places, rows := make([]uint32, old.size), make(map[*fresh]uint32, len(d.added[byStart]))
	row, gone, came := uint32(0), e.gone, d.added[byStart]
	for i := range old.size + 1 {
		for len(came) > 0 && int(came[0].before[byStart]) == i {
			rows[came[0]] = row
			came = came[1:]
			row++
		}
		switch {
		case i == old.size:
		case len(gone) > 0 && gone[0] == i:
			places[i], gone = none, gone[1:]
		default:
			places[i] = row
			row++
		}
	}
	join := func(order int, came []*fresh, before func(f *fresh) int) {
		joined := make([]uint32, 0, b.size)
		take := func(some []uint32) {
			for _, row := range some {
				if place := places[row]; place != none {
					joined = append(joined, place)
				}
			}
		}
		at := 0
		for _, f := range came {
			to := before(f)
			take(old.order[order][at:to])
			joined, at = append(joined, rows[f]), to
		}
		take(old.order[order][at:])
		b.order[order] = joined
	}
	for _, order := range [...]int{byEnd, byTitle, byMinPrice, byMaxPrice} {
		join(order, d.added[order], func(f *fresh) int { return int(f.before[order]) })
	}
	byTheirID := slices.Clone(d.added[byStart])
	slices.SortFunc(byTheirID, func(x, y *fresh) int { return bytes.Compare(x.event.ID[:], y.event.ID[:]) })
	join(byID, byTheirID, func(f *fresh) int { return old.beforeID(f.event.ID) })
}

// edited are the rows after an edit.
func (c *columns) edited(e edit, came columns) columns {
	return columns{
		id:    editedColumn(c.id, e, came.id),
		start: editedColumn(c.start, e, came.start), end: editedColumn(c.end, e, came.end),
		minPrice: editedColumn(c.minPrice, e, came.minPrice), maxPrice: editedColumn(c.maxPrice, e, came.maxPrice),
		saleStart: editedColumn(c.saleStart, e, came.saleStart), saleEnd: editedColumn(c.saleEnd, e, came.saleEnd),
		flags: editedColumn(c.flags, e, came.flags), title: editedColumn(c.title, e, came.title),
		record: editedColumn(c.record, e, came.record), seal: editedColumn(c.seal, e, came.seal),
	}
}

func editedColumn[T any](old []T, e edit, came []T) []T {
	return edited(old, e, func(i int) T { return came[i] })
}

// strangeFolds are those of the delta, in order, each once, that are not among others.
func (d *delta) strangeFolds(known *folds) (strange []string) {
	for _, f := range d.added[byTitle] {
		if _, there := known.rank(f.fold); !there && (len(strange) == 0 || strange[len(strange)-1] != f.fold) {
			strange = append(strange, f.fold)
		}
	}
	return strange
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
