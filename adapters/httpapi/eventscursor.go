package httpapi

import (
	"encoding/binary"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// cursor is what has to be known to go on behind a page.
type cursor struct {
	mark search.Mark
	now  time.Time // what "on sale" was asked against
}

// appendQuestion appends the part of what is asked that stays the same from page to page.
func (q *listQuestion) appendQuestion(b []byte) []byte {
	c := &q.Criteria
	b = appendRange(b, c.Range)
	b = binary.AppendVarint(b, int64(len(c.Words)))
	for _, word := range c.Words {
		b = appendPart(b, word)
	}
	for _, text := range [...]string{string(c.Match), c.Currency, c.Provider, c.Organizer, c.Category, c.City, string(q.Order.By)} {
		b = appendPart(b, text)
	}
	for _, price := range [...]*event.Price{c.MinPrice, c.MaxPrice} {
		if price == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendVarint(append(b, 1), int64(*price))
	}
	for _, flag := range [...]*bool{c.OnSale, c.SoldOut, c.Available, &q.Order.Desc} {
		switch {
		case flag == nil:
			b = append(b, 0)
		case *flag:
			b = append(b, 1)
		default:
			b = append(b, 2)
		}
	}
	return binary.AppendVarint(b, int64(q.Size))
}

// appendPart appends a text so that it cannot run into the next.
func appendPart(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// append appends the cursor for the question.
func (c cursor) append(to, question []byte) []byte {
	m, b := c.mark, make([]byte, 0, 128)
	for _, n := range [...]int64{int64(m.Number), int64(m.Total), m.AsOf.Number, c.now.Unix(), m.After.Number} {
		b = binary.AppendVarint(b, n)
	}
	b = binary.BigEndian.AppendUint64(b, m.AsOf.Tag)
	if m.After.None {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = append(b, m.After.ID[:]...)
	return sealed(to, append(b, m.After.Text...), question)
}

// decodeCursor reads a cursor that was written for the question. Any other is fault.Invalid.
func decodeCursor(text string, question []byte) (cursor, error) {
	refusal := fault.InvalidField("cursor", "cursor %s is not one of this search; take it from next in the Link header of a page, with all other parameters as they are there", quote(text))
	rest, ok := unsealed(text, question)
	if !ok {
		return cursor{}, refusal
	}
	var numbers [5]int64
	for i := range numbers {
		n, size := binary.Varint(rest)
		if size <= 0 {
			return cursor{}, refusal
		}
		numbers[i], rest = n, rest[size:]
	}
	const fixed = 8 + 1 + len(event.ID{})
	if len(rest) < fixed || numbers[0] < 2 || numbers[0] > maxPageNumber || numbers[1] < 1 || numbers[1] > maxPageNumber*maxPageSize {
		return cursor{}, refusal
	}
	c := cursor{now: time.Unix(numbers[3], 0).UTC(), mark: search.Mark{
		Number: int(numbers[0]), Total: int(numbers[1]),
		AsOf:  catalogue.Version{Number: numbers[2], Tag: binary.BigEndian.Uint64(rest)},
		After: catalogue.Position{Number: numbers[4], None: rest[8] == 1, ID: event.ID(rest[9:fixed]), Text: string(rest[fixed:])},
	}}
	if storable(c.mark.After.Text) {
		return c, nil
	}
	return cursor{}, refusal
}
