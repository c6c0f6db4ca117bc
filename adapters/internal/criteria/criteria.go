// Package criteria turns the criteria of a search into SQL, the same for every
// store that speaks it. Values are always bound, never part of the text.
//
// It relies on a table events with columns start_at and end_at (seconds since the
// epoch) and id.
package criteria

import (
	"github.com/huandu/go-sqlbuilder"

	"github.com/marquee-events/marquee/core/catalogue"
)

// Page selects the columns of the events that a page shows, in its order.
func Page(flavor sqlbuilder.Flavor, q catalogue.Query, columns ...string) (sql string, args []any) {
	b := flavor.NewSelectBuilder().Select(columns...).From("events")
	match(b, q)
	return b.OrderBy("start_at", "id").Limit(q.Limit).Build()
}

// Total counts all events that match.
func Total(flavor sqlbuilder.Flavor, q catalogue.Query) (sql string, args []any) {
	b := flavor.NewSelectBuilder().Select("count(*)").From("events")
	match(b, q)
	return b.Build()
}

// match adds the conditions. No event ends before it starts, so the end of the range also bounds the
// start: with that, an open beginning does not read the whole index.
func match(b *sqlbuilder.SelectBuilder, q catalogue.Query) {
	if from, ok := q.Range.From.Unix(); ok {
		b.Where(b.GreaterEqualThan("start_at", from))
	}
	if to, ok := q.Range.To.Unix(); ok {
		b.Where(b.LessEqualThan("start_at", to), b.LessEqualThan("end_at", to))
	}
}
