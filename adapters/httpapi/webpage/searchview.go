package webpage

import (
	"fmt"
	"strconv"
	"time"
)

// searchView is what the page of a search shows.
type searchView struct {
	Form    form
	Presets []option
	Sorts   []option
	Range   string // in words
	Zone    string // that days are meant in
	Request request

	Stale   bool
	Nothing bool
	Past    bool // the page is behind the last one

	Total string
	Cards []card
	Pages pages
}

// card is an event in a list.
type card struct {
	Link     string
	Title    string
	Start    string // for programs
	When     string
	Zone     string // where that is another one than the page's
	Price    string
	Place    string
	Category string
	SoldOut  bool
	Gone     bool // from the feed
}

// pages lead to the others.
type pages struct {
	Number, Last                     int
	First, Previous, Next, End       string // links, empty where they lead nowhere
	FirstShown, LastShown, TotalRows int
}

func (v *searchView) title() string { return v.Total + ", " + v.Range }

// show fills in what was found.
func (v *searchView) show(q *question, list eventPage, zone *time.Location) {
	v.Total = count(int64(list.TotalRows), "event", "events")
	v.Past = len(list.Events) == 0
	here := q.address()
	for i := range list.Events {
		v.Cards = append(v.Cards, newCard(&list.Events[i], here, zone))
	}
	p := pages{Number: list.Page, Last: list.TotalPages, TotalRows: list.TotalRows}
	p.FirstShown = (list.Page-1)*pageSize + 1
	p.LastShown = p.FirstShown + len(list.Events) - 1
	if p.Number > 1 {
		p.First = q.link("page", "")
		p.Previous = q.link("page", pageText(min(p.Number-1, p.Last)))
	}
	if p.Number < p.Last {
		p.Next = q.link("page", pageText(p.Number+1))
		p.End = q.link("page", pageText(p.Last))
	}
	v.Pages = p
}

// pageText is a page in an address; the first one has none.
func pageText(n int) string {
	if n < 2 {
		return ""
	}
	return strconv.Itoa(n)
}

// Shown tells which part of all there is the page shows.
func (p pages) Shown() string {
	return fmt.Sprintf("%s–%s of %s", grouped(int64(p.FirstShown)), grouped(int64(p.LastShown)), grouped(int64(p.TotalRows)))
}

func newCard(e *listedEvent, here string, zone *time.Location) card {
	c := card{
		Link: "/view/" + e.ID, Title: e.Title, When: whenText(e.StartsAt, e.EndsAt), Price: priceText(e.MinPrice, e.MaxPrice, e.Currency),
		Place: e.City, Category: e.Category, SoldOut: e.SoldOut, Gone: !e.Available,
	}
	if here != "" {
		c.Link += "?" + here
	}
	if e.StartsAt != nil {
		c.Start = e.StartsAt.Format(time.RFC3339)
		if e.TimeZone != zone.String() {
			c.Zone = zoneText(e.TimeZone, *e.StartsAt)
		}
	}
	return c
}
