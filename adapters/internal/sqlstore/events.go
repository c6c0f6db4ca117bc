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

// eventColumns are in the order in which scanEvent reads them.
var eventColumns = []string{
	"id", "provider", "base_id", "event_id", "title", "organizer", "sell_mode",
	"start_at", "start_offset", "end_at", "end_offset", "time_zone",
	"sale_start_at", "sale_start_offset", "sale_end_at", "sale_end_offset",
	"sold_out", "min_price", "max_price", "capacity", "currency", "category", "city", "venue", "url", "image",
	"first_seen", "available", "revision",
}

var eventColumnList = strings.Join(eventColumns, ", ")

func scanEvent(row Row) (event.Event, error) {
	var (
		e                              event.Event
		id                             []byte
		startAt, endAt, firstSeen      int64
		startOffset, endOffset         int32
		saleStart, saleEnd             *int64
		saleStartOffset, saleEndOffset *int32
		minPrice, maxPrice             *int64
	)
	f := &e.Facts
	err := row.Scan(
		&id, &e.Identity.Provider, &e.Identity.Base, &e.Identity.Event, &f.Title, &f.Organizer, &f.SellMode,
		&startAt, &startOffset, &endAt, &endOffset, &f.TimeZone,
		&saleStart, &saleStartOffset, &saleEnd, &saleEndOffset,
		&f.SoldOut, &minPrice, &maxPrice, &f.Capacity, &f.Currency, &f.Category, &f.City, &f.Venue, &f.URL, &f.Image,
		&firstSeen, &e.Available, &e.Revision,
	)
	if err != nil {
		return e, err
	}
	copy(e.ID[:], id)
	f.Start, f.End = event.MomentAt(startAt, startOffset), event.MomentAt(endAt, endOffset)
	f.SaleStart, f.SaleEnd = momentOrNone(saleStart, saleStartOffset), momentOrNone(saleEnd, saleEndOffset)
	if minPrice != nil && maxPrice != nil {
		f.Prices = event.PriceRange{Min: event.Price(*minPrice), Max: event.Price(*maxPrice), Known: true}
	}
	e.FirstSeen = time.UnixMilli(firstSeen).UTC()
	return e, nil
}

func momentOrNone(unix *int64, offset *int32) event.Moment {
	if unix == nil || offset == nil {
		return event.Moment{}
	}
	return event.MomentAt(*unix, *offset)
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
