package ingest

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

var (
	plainPrice = regexp.MustCompile(`^\d+(\.\d+)?$`)
	plainDate  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$`)
)

// FuzzUnderstand holds the normaliser to what it promises of any texts at all: an event in which everything is in
// bounds, or one of the reasons; the amounts that math/big reads and the dates that package time reads; and the same again
// for a record that went through a message, or through a rejection.
func FuzzUnderstand(f *testing.F) {
	add := func(base, own, title, mode, start, end, sale, soldOut, capacity, price, currency, more string) {
		f.Add(base, own, title, mode, start, end, sale, soldOut, capacity, price, currency, more)
	}
	add("291", "292", "Camela en concierto", "online", "2021-06-30T21:00:00", "2021-06-30T22:00:00", "2020-07-01T00:00:00", "false", "243", "20.00", "EUR", "")
	add("444", "1642", "El Cerro", "offline", "2021-09-31T20:00:00", "2021-09-31T21:00:00", "", "1", "0", "65", "", "15.5")
	add("1", "", " ", "ONLINE", "2021-03-28T02:30:00", "2021-03-28T02:10:00+02:00", "never", "maybe", "-1", "abc", "euro", "1e30")
	add("", "1", "\x00\xff\uFFFD", "presale", "0000-01-01T00:00:00", "9999-12-31T23:59:59.999999999Z", "2021-06-30 20:00", "TRUE", "99999999999999999999", "0.00001", "€", "1.20000")
	add("a/b", "a\x1fb", strings.Repeat("x", 5000), "online", "2021-10-31T02:30:00", "2021-10-31T02:15:00", "2016-12-31T23:59:60Z", "", "1,5", "20,00", "USD", "00000000000000000000001")
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		f.Fatal(err)
	}
	t0 := terms{provider: "p", location: madrid, timeZone: "Europe/Madrid", currency: "EUR"}

	f.Fuzz(func(t *testing.T, base, own, title, mode, start, end, sale, soldOut, capacity, price, currency, more string) {
		r := catalogue.Record{
			Position: 1,
			Base:     fields("base_event_id", base, "title", title, "sell_mode", mode, "currency", currency, "city", more),
			Event:    fields("event_id", own, "event_start_date", start, "event_end_date", end, "sell_from", sale, "sell_to", more, "sold_out", soldOut),
			Zones:    []catalogue.Fields{fields("zone_id", "1", "capacity", capacity, "price", price, "name", more, "numbered", soldOut), fields("capacity", "1", "price", price)},
		}
		l, why := understand(r, t0)
		if again, same := understand(r, t0); (why == nil) != (same == nil) || why == nil && again.Fingerprint() != l.Fingerprint() || why != nil && *why != *same {
			t.Fatal("twice the same record is two things")
		}
		if why != nil {
			if !slices.Contains(catalogue.Reasons(), why.reason) || why.detail == "" || len(why.detail) > 1000 {
				t.Fatalf("%+v", why)
			}
		} else {
			checkListing(t, l, price, start)
		}
		for _, text := range []string{base, own, title, mode, start, end, sale, soldOut, capacity, price, currency, more} {
			if !utf8.ValidString(text) {
				return // no feed hands over such texts
			}
		}
		chunk, err := DecodeChunk(EncodeChunk(Chunk{Run: catalogue.RunRef{Provider: "p", Number: 1}, TimeZone: t0.timeZone, Records: []catalogue.Record{r}}))
		if err != nil {
			t.Fatal(err)
		}
		checkSame(t, "a message", chunk.Records[0], t0, l, why)
		if kept := original(r); len(kept) < catalogue.MaxOriginal {
			back, err := readOriginal(kept)
			if err != nil {
				t.Fatalf("%v: %s", err, kept)
			}
			checkSame(t, "a rejection", back, t0, l, why)
		}
	})
}

func checkListing(t *testing.T, l event.Listing, price, start string) {
	t.Helper()
	f := l.Facts
	if f.Title == "" || f.SellMode == "" || !f.Start.Known() || !f.End.Known() || f.End.Unix() < f.Start.Unix() || f.Currency == "" || f.TimeZone == "" {
		t.Fatalf("%+v", f)
	}
	for _, text := range []string{f.Title, f.City, f.SellMode, l.Zones[0].Name} {
		if len(text) > 2*maxText || text != strings.TrimSpace(text) { // folding to lower case may add bytes
			t.Fatalf("the text %q", text)
		}
	}
	if !f.Prices.Known || f.Prices.Min < 0 || f.Prices.Min > f.Prices.Max || f.Prices.Max > event.MaxPrice || f.Capacity < 0 {
		t.Fatalf("%+v, %d", f.Prices, f.Capacity)
	}
	price = strings.TrimSpace(price)
	want, ok := new(big.Rat).SetString(price)
	if !ok || !plainPrice.MatchString(price) {
		t.Fatalf("the price %q was taken for %s", price, l.Zones[0].Price)
	}
	if got, _ := new(big.Rat).SetString(l.Zones[0].Price.String()); got.Cmp(want) != 0 {
		t.Fatalf("the price %q was taken for %s", price, l.Zones[0].Price)
	}
	if start = strings.TrimSpace(start); plainDate.MatchString(start) {
		if _, err := time.Parse("2006-01-02T15:04:05", start); err != nil {
			t.Fatalf("%q is no date, and was taken for %s", start, f.Start)
		}
		if wall := string(f.Start.AppendDate(nil)) + "T" + string(f.Start.AppendClock(nil)); wall != start && !skipped(start) {
			t.Fatalf("%q was taken for %s", start, wall)
		}
	}
}

// skipped reports whether Madrid's clock has no such time: any hour of the days on which it may have been put forward.
func skipped(local string) bool {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		return false
	}
	at, err := time.ParseInLocation("2006-01-02T15:04:05", local, madrid)
	return err == nil && at.Format("2006-01-02T15:04:05") != local
}

func checkSame(t *testing.T, after string, r catalogue.Record, by terms, l event.Listing, why *misunderstanding) {
	t.Helper()
	got, reason := understand(r, by)
	switch {
	case (why == nil) != (reason == nil), why != nil && *why != *reason:
		t.Fatalf("after %s: %+v, before %+v", after, reason, why)
	case why == nil && (got.Identity != l.Identity || got.Fingerprint() != l.Fingerprint()):
		t.Fatalf("after %s:\n%+v\nbefore:\n%+v", after, got, l)
	}
}
