package sqlstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/marquee-events/marquee/adapters/internal/eventstate"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// eventColumns are in the order in which eventRow reads them.
var eventColumns = []string{
	"id", "provider", "base_id", "event_id", "title", "organizer", "sell_mode",
	"start_at", "start_offset", "end_at", "end_offset", "time_zone",
	"sale_start_at", "sale_start_offset", "sale_end_at", "sale_end_offset",
	"sold_out", "min_price", "max_price", "capacity", "currency", "category", "city", "venue", "url", "image",
	"first_seen", "available", "revision",
}

var eventColumnList = strings.Join(eventColumns, ", ")

func scanEvent(row Row) (event.Event, error) {
	var r eventRow
	err := r.scan(row, r.columns())
	return r.event, err
}

// eventRow is what a row of events is read into. It may be used for one row after the other.
type eventRow struct {
	event event.Event
	id    []byte
	// All numbers are of the type that drivers have them in. What has to be made another is made a text first, which is slow.
	startAt, startOffset, endAt, endOffset             int64
	saleStart, saleStartOffset, saleEnd, saleEndOffset *int64
	minPrice, maxPrice                                 *int64
	firstSeen                                          int64
}

// columns are where scan has the columns put.
func (r *eventRow) columns() []any {
	i, f := &r.event.Identity, &r.event.Facts
	return []any{
		&r.id, &i.Provider, &i.Base, &i.Event, &f.Title, &f.Organizer, &f.SellMode,
		&r.startAt, &r.startOffset, &r.endAt, &r.endOffset, &f.TimeZone,
		&r.saleStart, &r.saleStartOffset, &r.saleEnd, &r.saleEndOffset,
		&f.SoldOut, &r.minPrice, &r.maxPrice, &f.Capacity, &f.Currency, &f.Category, &f.City, &f.Venue, &f.URL, &f.Image,
		&r.firstSeen, &r.event.Available, &r.event.Revision,
	}
}

func (r *eventRow) scan(row Row, columns []any) error {
	if err := row.Scan(columns...); err != nil {
		return err
	}
	e, f := &r.event, &r.event.Facts
	copy(e.ID[:], r.id)
	f.Start, f.End = momentAt(r.startAt, r.startOffset), momentAt(r.endAt, r.endOffset)
	f.SaleStart, f.SaleEnd = momentOrNone(r.saleStart, r.saleStartOffset), momentOrNone(r.saleEnd, r.saleEndOffset)
	f.Prices = event.PriceRange{}
	if r.minPrice != nil && r.maxPrice != nil {
		f.Prices = event.PriceRange{Min: event.Price(*r.minPrice), Max: event.Price(*r.maxPrice), Known: true}
	}
	e.FirstSeen = time.UnixMilli(r.firstSeen).UTC()
	return nil
}

func momentOrNone(unix, offset *int64) event.Moment {
	if unix == nil || offset == nil {
		return event.Moment{}
	}
	return momentAt(*unix, *offset)
}

func momentAt(unix, offset int64) event.Moment {
	return event.MomentAt(unix, int32(offset)) //nolint:gosec // written from an int32
}

// What is written of an event, in the order of eventValues, and of its zones.
var (
	eventsTable = Table{Name: "events", Columns: append(slices.Clip(eventColumns), "title_fold", "fingerprint", "last_seen")}
	zonesTable  = Table{Name: "zones", Columns: []string{"event_id", "zones"}}
)

func eventValues(w *catalogue.Write, run catalogue.RunRef) []any {
	e, f := &w.Event, &w.Event.Facts
	return []any{
		w.Event.ID[:], e.Identity.Provider, e.Identity.Base, e.Identity.Event, f.Title, f.Organizer, f.SellMode,
		f.Start.Unix(), f.Start.Offset(), f.End.Unix(), f.End.Offset(), f.TimeZone,
		orNull(f.SaleStart.Unix(), f.SaleStart.Known()), orNull(f.SaleStart.Offset(), f.SaleStart.Known()),
		orNull(f.SaleEnd.Unix(), f.SaleEnd.Known()), orNull(f.SaleEnd.Offset(), f.SaleEnd.Known()),
		f.SoldOut, orNull(int64(f.Prices.Min), f.Prices.Known), orNull(int64(f.Prices.Max), f.Prices.Known),
		f.Capacity, f.Currency, f.Category, f.City, f.Venue, f.URL, f.Image,
		e.FirstSeen.UnixMilli(), e.Available, e.Revision,
		event.Fold(f.Title), w.Fingerprint[:], orNull(run.Number, !e.Available),
	}
}

func orNull[T any](value T, known bool) any {
	if !known {
		return nil
	}
	return value
}

// writeEvents stores events with their zones.
func writeEvents(ctx context.Context, tx Tx, run catalogue.RunRef, writes []catalogue.Write) error {
	type bulk struct{ events, zones [][]any }
	sized := func(rows int) bulk { return bulk{make([][]any, 0, rows), make([][]any, 0, rows)} }
	news := 0
	for i := range writes {
		if writes[i].Kind == catalogue.Added {
			news++
		}
	}
	added, changed := sized(news), sized(len(writes)-news)
	for i := range writes {
		w := &writes[i]
		to := &changed
		if w.Kind == catalogue.Added {
			to = &added
		}
		to.events = append(to.events, eventValues(w, run))
		to.zones = append(to.zones, []any{w.Event.ID[:], eventstate.EncodeZones(w.Zones)})
	}
	if err := tx.Insert(ctx, eventsTable, added.events); err != nil {
		return err
	}
	if err := tx.Insert(ctx, zonesTable, added.zones); err != nil {
		return err
	}
	if err := tx.Rewrite(ctx, eventsTable, changed.events); err != nil {
		return err
	}
	return tx.Rewrite(ctx, zonesTable, changed.zones)
}

func scanHead(row Row) (id event.ID, h catalogue.Head, err error) {
	var (
		key, fingerprint []byte
		firstSeen        int64
		start, end       int64
	)
	err = row.Scan(&key, &fingerprint, &h.Revision, &h.Available, &firstSeen, &start, &end)
	copy(id[:], key)
	copy(h.Fingerprint[:], fingerprint)
	h.FirstSeen = time.UnixMilli(firstSeen).UTC()
	h.When = event.During(event.MomentAt(start, 0), event.MomentAt(end, 0))
	return id, h, err
}

// heads are those of the events that are known. No row is locked: see Tx.Lock.
func heads(ctx context.Context, tx Tx, ids []event.ID) (map[event.ID]catalogue.Head, error) {
	known := make(map[event.ID]catalogue.Head, len(ids))
	err := tx.EachGroup(ids, 0, func(in string, args []any) error {
		rows, err := tx.Query(ctx, "SELECT id, fingerprint, revision, available, first_seen, start_at, end_at FROM events WHERE id "+in, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			id, head, err := scanHead(rows)
			if err != nil {
				return err
			}
			known[id] = head
		}
		return rows.Err()
	})
	return known, err
}
