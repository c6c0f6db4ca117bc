// Package criteria turns the criteria of a search into SQL, the same for every
// store that speaks it. Values are always bound, never part of the text.
//
// It relies on the tables events and changes as sqlstore knows them.
package criteria

import (
	"strings"

	"github.com/huandu/go-sqlbuilder"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// Span is where in the matches a page lies, counted from one end of them.
type Span struct {
	Offset, Limit int
	FromEnd       bool // counted from the last match, and read in the order reversed
}

// FromStart is the page's span where nobody knows how many match.
func FromStart(q catalogue.Query) Span { return Span{Offset: q.Offset, Limit: q.Limit} }

// Nearer is the page's span among as many matches as there are, counted from the end that is nearer: what comes before a
// span has to be read too. Its limit is 0 where the page is past the last match.
func Nearer(q catalogue.Query, total int) Span {
	if total > 0 && q.Offset <= total/2 {
		return FromStart(q)
	}
	left := max(total-q.Offset, 0)
	return Span{Offset: max(left-q.Limit, 0), Limit: min(q.Limit, left), FromEnd: true}
}

// Page selects the columns of the events that a page shows, in its order, or that reversed as the span says. With a version,
// events that changed since are left out: as they were then, the change log has them.
func Page(flavor sqlbuilder.Flavor, q catalogue.Query, span Span, columns ...string) (sql string, args []any) {
	b := flavor.NewSelectBuilder().Select(columns...).From("events")
	match(b, q.Criteria)
	if q.After != nil {
		behind(b, flavor, q.Order, *q.After)
	}
	if q.AsOf != (catalogue.Version{}) {
		b.Where("NOT EXISTS (SELECT 1 FROM changes c WHERE c.event_id = events.id AND " + b.GreaterThan("c.number", q.AsOf.Number) + ")")
	}
	b.OrderBy(ordered(flavor, q.Order, span.FromEnd)...).Limit(span.Limit)
	if span.Offset > 0 {
		b.Offset(span.Offset)
	}
	return b.Build()
}

// Total counts all events that match.
func Total(flavor sqlbuilder.Flavor, q catalogue.Query) (sql string, args []any) {
	b := flavor.NewSelectBuilder().Select("count(*)").From("events")
	match(b, q.Criteria)
	return b.Build()
}

// Currencies are those of all events that match and have one, in order.
func Currencies(flavor sqlbuilder.Flavor, q catalogue.Query) (sql string, args []any) {
	b := flavor.NewSelectBuilder().Select("currency").Distinct().From("events")
	match(b, q.Criteria)
	b.Where(b.NotEqual("currency", ""))
	return b.OrderBy("currency").Limit(catalogue.MostCurrencies).Build()
}

// Starting selects the columns of all events that start in a range. It asks for no order, so that without bounds the table is
// read as it lies on the disk.
func Starting(flavor sqlbuilder.Flavor, starts event.TimeRange, columns ...string) (sql string, args []any) {
	b := flavor.NewSelectBuilder().Select(columns...).From("events")
	if from, begins := starts.From.Unix(); begins {
		b.Where(b.GreaterEqualThan("start_at", from))
	}
	if to, ends := starts.To.Unix(); ends {
		b.Where(b.LessEqualThan("start_at", to))
	}
	return b.Build()
}

// match adds the conditions of catalogue.Criteria.Matches, one for each criterion.
func match(b *sqlbuilder.SelectBuilder, c catalogue.Criteria) {
	inRange(b, c)
	for _, word := range c.Words {
		b.Where("title_fold LIKE " + b.Var("%"+likeEscaper.Replace(word)+"%") + ` ESCAPE '\'`)
	}
	if c.MinPrice != nil {
		b.Where(b.GreaterEqualThan("max_price", int64(*c.MinPrice)))
	}
	if c.MaxPrice != nil {
		b.Where(b.LessEqualThan("min_price", int64(*c.MaxPrice)))
	}
	for _, exact := range [...]struct{ column, value string }{
		{"currency", c.Currency},
		{"provider", c.Provider},
		{"organizer", c.Organizer},
		{"category", c.Category},
		{"city", c.City},
	} {
		if exact.value != "" {
			b.Where(b.Equal(exact.column, exact.value))
		}
	}
	if c.SoldOut != nil {
		b.Where(b.Equal("sold_out", *c.SoldOut))
	}
	if c.Available != nil {
		b.Where(b.Equal("available", *c.Available))
	}
	if c.OnSale != nil {
		now := c.Now.Unix()
		onSale := b.And("available", "NOT sold_out", b.Equal("sell_mode", event.Online),
			b.Or(b.IsNull("sale_start_at"), b.LessEqualThan("sale_start_at", now)),
			b.Or(b.IsNull("sale_end_at"), b.GreaterEqualThan("sale_end_at", now)))
		if !*c.OnSale {
			onSale = b.Not(onSale)
		}
		b.Where(onSale)
	}
}

// inRange says no event ends before it starts, so that the end of the range also bounds the start, and its start the end:
// with that, a bound that is open does not have the whole index read.
func inRange(b *sqlbuilder.SelectBuilder, c catalogue.Criteria) {
	from, begins := c.Range.From.Unix()
	to, ends := c.Range.To.Unix()
	if c.Match == catalogue.Overlaps {
		if begins {
			b.Where(b.GreaterEqualThan("end_at", from))
		}
		if ends {
			b.Where(b.LessEqualThan("start_at", to))
		}
		if begins && ends && from > to { // what lasts from before the one to behind the other would do
			b.Where("1 = 0")
		}
		return
	}
	if begins {
		b.Where(b.GreaterEqualThan("start_at", from))
	}
	if ends {
		b.Where(b.LessEqualThan("start_at", to), b.LessEqualThan("end_at", to))
	}
}

// likeEscaper takes their meaning from the signs that LIKE knows.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// titleStart is as much of a title as PostgreSQL's index has.
const titleStart = 200

// sorted is what an order compares, before the id, and whether there may be nothing to compare.
func sorted(flavor sqlbuilder.Flavor, by catalogue.SortBy) (expressions []string, nullable bool) {
	switch by {
	case catalogue.ByEnd:
		return []string{"end_at"}, false
	case catalogue.ByTitle:
		if flavor == sqlbuilder.PostgreSQL {
			return []string{"left(title_fold, 200)", "title_fold"}, false
		}
		return []string{"title_fold"}, false
	case catalogue.ByMinPrice:
		return []string{"min_price"}, true
	case catalogue.ByMaxPrice:
		return []string{"max_price"}, true
	case catalogue.ByStart:
	}
	return []string{"start_at"}, false
}

// ordered says where nothing to compare goes: last in both directions of an order, so first in either of them reversed.
func ordered(flavor sqlbuilder.Flavor, o catalogue.Order, reversed bool) []string {
	expressions, nullable := sorted(flavor, o.By)
	var list []string
	for _, e := range append(expressions, "id") {
		if o.Desc != reversed {
			e += " DESC"
		}
		list = append(list, e)
	}
	switch {
	case nullable && reversed:
		list[0] += " NULLS FIRST"
	case nullable:
		list[0] += " NULLS LAST"
	}
	return list
}

// behind adds the condition that an event comes after a position, by comparing rows, which an index in that order can do.
func behind(b *sqlbuilder.SelectBuilder, flavor sqlbuilder.Flavor, o catalogue.Order, p catalogue.Position) {
	compare := " > "
	if o.Desc {
		compare = " < "
	}
	expressions, nullable := sorted(flavor, o.By)
	if p.None {
		b.Where(b.IsNull(expressions[0]), "id"+compare+b.Var(p.ID[:]))
		return
	}
	var values []string
	switch {
	case o.By != catalogue.ByTitle:
		values = append(values, b.Var(p.Number))
	case len(expressions) == 1:
		values = append(values, b.Var(p.Text))
	default:
		start := []rune(p.Text)
		values = append(values, b.Var(string(start[:min(len(start), titleStart)])), b.Var(p.Text))
	}
	later := "(" + strings.Join(append(expressions, "id"), ", ") + ")" + compare + "(" + strings.Join(append(values, b.Var(p.ID[:])), ", ") + ")"
	if nullable {
		later = b.Or(later, b.IsNull(expressions[0]))
	}
	b.Where(later)
}
