package memindex

import (
	"context"
	"slices"
	"sort"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Search implements ports.ReadModel.
func (x *Index) Search(_ context.Context, q catalogue.Query) (page catalogue.Page, err error) {
	defer guard("search the index", &err)
	if err := q.Validate(); err != nil {
		return catalogue.Page{}, err
	}
	v, err := x.held()
	if err != nil {
		return catalogue.Page{}, err
	}
	s := newQuestion(v, &q)
	if q.AsOf == (catalogue.Version{}) || q.AsOf == v.at {
		return s.page(), nil
	}
	if q.AsOf.Number > v.at.Number {
		return catalogue.Page{}, fault.New(fault.Conflict, "version %s is ahead of what is held", q.AsOf)
	}
	since, err := v.after(q.AsOf)
	if err != nil {
		return catalogue.Page{}, err
	}
	return s.pageAsOf(were(since)), nil
}

// question is a query of a version.
type question struct {
	*version
	q        *catalogue.Query
	order    int
	from, to int64
	overlaps bool
	filtered bool               // more than a range of time is asked for
	besides  catalogue.Criteria // all that is asked but for the words
}

func newQuestion(v *version, q *catalogue.Query) question {
	s := question{version: v, q: q, order: orderOf(q.Order.By), overlaps: q.Match == catalogue.Overlaps}
	if s.from, s.to = bounds(q.Range); s.from > s.to {
		s.from, s.to = never, always // which holds nothing, however long an event lasts
	}
	c := &q.Criteria
	s.filtered = len(c.Words) > 0 || c.MinPrice != nil || c.MaxPrice != nil || wanted(c) != [fields]string{} ||
		c.OnSale != nil || c.SoldOut != nil || c.Available != nil
	if s.filtered {
		s.besides = *c
		s.besides.Words = nil
	}
	return s
}

// inRange tells whether what lasts so long is.
func (s *question) inRange(start, end int64) bool {
	if s.overlaps {
		return end >= s.from && start <= s.to
	}
	return start >= s.from && end <= s.to
}

// matches tells whether an event of the delta does.
func (s *question) matches(f *fresh) bool {
	if !s.inRange(f.event.Facts.Start.Unix(), f.event.Facts.End.Unix()) {
		return false
	}
	return !s.filtered || hasAll(f.fold, s.q.Words) && s.besides.Matches(&f.event)
}

// page is the answer as of the version itself.
func (s *question) page() catalogue.Page {
	page := catalogue.Page{At: s.at}
	m := s.matching()
	if s.q.WantTotal {
		page.Total = m.total()
	}
	if s.q.WantCurrencies {
		page.Currencies = m.currencies()
	}
	page.Events = m.events(nil)
	page.Quick = m.rows == nil && m.order <= byEnd
	if page.Quick && cap(page.Events) == lentEvents {
		room := (*[lentEvents]event.Event)(page.Events[:lentEvents])
		page.Release = func() { lent.Put(room) }
	}
	return page
}

// pageAsOf is the answer as of an earlier version, since when some events changed: it has those that did not, and those that did as
// they were then.
func (s *question) pageAsOf(changed map[event.ID]*event.Event) catalogue.Page {
	m := s.matching()
	events := m.events(changed)
	for _, e := range changed {
		if e != nil && s.q.Matches(e) && s.q.Order.Compare(s.q.Order.PositionOf(e), *s.q.After) > 0 {
			events = append(events, *e)
		}
	}
	slices.SortFunc(events, func(a, b event.Event) int {
		return s.q.Order.Compare(s.q.Order.PositionOf(&a), s.q.Order.PositionOf(&b))
	})
	return catalogue.Page{At: s.q.AsOf, Events: events[:min(len(events), s.q.Limit)]}
}

// matching is what matches a question: rows of the base that are a set, and events of the delta.
func (s *question) matching() *matching {
	m := &matching{question: s}
	if s.filtered || s.q.WantCurrencies {
		rows := s.rows()
		m.rows = rows
		m.live = int(rows.GetCardinality()) //nolint:gosec // a number of rows
		return m
	}
	m.span = s.span()
	m.live = m.span.total
	if len(s.dead) > 0 {
		m.live -= s.count(&s.minus)
	}
	return m
}

func (s *question) count(of *spans) int {
	if s.overlaps {
		return of.overlapping(s.from, s.to)
	}
	return of.within(s.from, s.to)
}

// candidates are where in an order of the delta those are that may match, as far as their times tell.
func (s *question) candidates(order int) (lo, hi int) {
	added := s.added[order]
	hi = len(added)
	if order == byStart {
		hi = sort.Search(hi, func(i int) bool { return added[i].event.Facts.Start.Unix() > s.to })
		if !s.overlaps {
			lo = sort.Search(hi, func(i int) bool { return added[i].event.Facts.Start.Unix() >= s.from })
		}
	}
	if order == byEnd {
		lo = sort.Search(hi, func(i int) bool { return added[i].event.Facts.End.Unix() >= s.from })
		if !s.overlaps {
			hi = sort.Search(hi, func(i int) bool { return added[i].event.Facts.End.Unix() > s.to })
		}
		lo = min(lo, hi)
	}
	return lo, hi
}
