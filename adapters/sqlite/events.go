package sqlite

import (
	"context"
	"database/sql"
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

func scanEvent(row scanner) (event.Event, error) {
	var (
		e                              event.Event
		id                             []byte
		startAt, endAt, firstSeen      int64
		startOffset, endOffset         int32
		saleStart, saleEnd             sql.NullInt64
		saleStartOffset, saleEndOffset sql.NullInt32
		minPrice, maxPrice             sql.NullInt64
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
	if saleStart.Valid {
		f.SaleStart = event.MomentAt(saleStart.Int64, saleStartOffset.Int32)
	}
	if saleEnd.Valid {
		f.SaleEnd = event.MomentAt(saleEnd.Int64, saleEndOffset.Int32)
	}
	if minPrice.Valid && maxPrice.Valid {
		f.Prices = event.PriceRange{Min: event.Price(minPrice.Int64), Max: event.Price(maxPrice.Int64), Known: true}
	}
	e.FirstSeen = time.UnixMilli(firstSeen).UTC()
	return e, nil
}

// upsertEvent takes the values of eventValues.
var upsertEvent = func() string {
	columns := append(slices.Clip(eventColumns), "title_fold", "fingerprint", "last_seen")
	var b strings.Builder
	b.WriteString("INSERT INTO events (" + strings.Join(columns, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ") ON CONFLICT (id) DO UPDATE SET ")
	for i, c := range columns[1:] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c + " = excluded." + c)
	}
	return b.String()
}()

func eventValues(w catalogue.Write, run catalogue.RunRef) []any {
	e, f := w.Event, w.Event.Facts
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

// writeEvents stores events with their zones, and logs them.
func writeEvents(ctx context.Context, tx *sql.Tx, run catalogue.RunRef, writes []catalogue.Write) error {
	if len(writes) == 0 {
		return nil
	}
	upsert, err := tx.PrepareContext(ctx, upsertEvent)
	if err != nil {
		return err
	}
	defer func() { _ = upsert.Close() }()
	zones, err := tx.PrepareContext(ctx, "INSERT INTO zones (event_id, zones) VALUES (?, ?) ON CONFLICT (event_id) DO UPDATE SET zones = excluded.zones")
	if err != nil {
		return err
	}
	defer func() { _ = zones.Close() }()
	logged := make([]logEntry, len(writes))
	for i, w := range writes {
		if _, err := upsert.ExecContext(ctx, eventValues(w, run)...); err != nil {
			return err
		}
		list, err := eventstate.EncodeZones(w.Zones)
		if err != nil {
			return err
		}
		if _, err := zones.ExecContext(ctx, w.Event.ID[:], list); err != nil {
			return err
		}
		logged[i] = logEntry{w.Kind, w.Event}
	}
	return appendChanges(ctx, tx, run, logged)
}

// maxVariables bounds the ids of one statement, below what SQLite takes by default.
const maxVariables = 500

// eachPage calls work with the ids in groups that fit into one statement, and with their placeholders.
func eachPage(ids []event.ID, work func(placeholders string, args []any) error) error {
	for len(ids) > 0 {
		n := min(len(ids), maxVariables)
		args := make([]any, n)
		for i := range n {
			args[i] = ids[i][:]
		}
		if err := work("(?"+strings.Repeat(", ?", n-1)+")", args); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

type headRow struct {
	id   event.ID
	head catalogue.Head
}

func scanHead(row scanner) (headRow, error) {
	var (
		h               headRow
		id, fingerprint []byte
		firstSeen       int64
	)
	err := row.Scan(&id, &fingerprint, &h.head.Revision, &h.head.Available, &firstSeen)
	copy(h.id[:], id)
	copy(h.head.Fingerprint[:], fingerprint)
	h.head.FirstSeen = time.UnixMilli(firstSeen).UTC()
	return h, err
}

func heads(ctx context.Context, tx *sql.Tx, ids []event.ID) (map[event.ID]catalogue.Head, error) {
	known := make(map[event.ID]catalogue.Head, len(ids))
	err := eachPage(ids, func(placeholders string, args []any) error {
		rows, err := collect(ctx, tx, scanHead, "SELECT id, fingerprint, revision, available, first_seen FROM events WHERE id IN "+placeholders, args...)
		for _, r := range rows {
			known[r.id] = r.head
		}
		return err
	})
	return known, err
}
