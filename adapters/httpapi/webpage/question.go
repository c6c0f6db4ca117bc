package webpage

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pageSize is how many cards a page has: whole rows of two and of three.
const pageSize = 24

// question is what the address of a page asks. What is not understood is left as it was typed, for the form to show.
type question struct {
	now  time.Time // in the zone that dates are meant in
	when string
	span span

	from, to           string // as they were typed
	words              string
	minPrice, maxPrice string
	currency           string
	onSale             bool
	sort               sorting
	page               string

	mistakes map[string]string // by field
}

// span is a stretch of time with both ends included.
type span struct {
	from, to time.Time
	match    string
}

// The presets, in the order in which they are offered.
const (
	tonight  = "tonight"
	weekend  = "weekend"
	thirty   = "30days"
	past     = "past"
	anyDates = "dates"
)

var presetNames = []struct{ when, name string }{
	{tonight, "Tonight"}, {weekend, "This weekend"}, {thirty, "Next 30 days"}, {past, "Past"},
}

// sorting is an order, by the name that pages have for it.
type sorting struct{ key, name, by, direction string }

var sortings = []sorting{
	{"soonest", "Soonest", "starts_at", "asc"},
	{"latest", "Latest", "starts_at", "desc"},
	{"cheapest", "Cheapest", "min_price", "asc"},
	{"dearest", "Dearest", "max_price", "desc"},
	{"title", "By title", "title", "asc"},
}

func readQuestion(v url.Values, now time.Time) question {
	get := func(name string) string { return strings.TrimSpace(v.Get(name)) }
	q := question{
		now: now, when: get("when"), from: get("from"), to: get("to"), words: get("q"),
		minPrice: strings.ReplaceAll(get("min_price"), ",", "."), maxPrice: strings.ReplaceAll(get("max_price"), ",", "."),
		currency: strings.ToUpper(get("currency")), onSale: get("on_sale") != "" && get("on_sale") != "false", page: get("page"),
		mistakes: map[string]string{},
	}
	if n, err := strconv.Atoi(q.page); err != nil || n < 2 {
		q.page = ""
	}
	switch {
	case q.from != "" || q.to != "":
		q.when = anyDates
	case q.when != tonight && q.when != weekend && q.when != past:
		q.when = thirty
	}
	q.readSpan()
	q.sort = sortings[0]
	if q.when == past {
		q.sort = sortings[1]
	}
	for _, s := range sortings {
		if s.key == get("sort") {
			q.sort = s
		}
	}
	return q
}

// wrong tells whether there is something that no request can be made of.
func (q *question) wrong() bool { return len(q.mistakes) > 0 }

// at is a time of a day, some days from today. Where the clocks skip it, it is as long after midnight as it says.
func (q *question) at(days, hour, minute, second int) time.Time {
	return time.Date(q.now.Year(), q.now.Month(), q.now.Day()+days, hour, minute, second, 0, q.now.Location())
}

func (q *question) readSpan() {
	minute := q.now.Truncate(time.Minute)
	switch q.when {
	case tonight:
		// Until six in the morning it is still the night that began yesterday.
		day := 0
		if q.now.Hour() < 6 {
			day = -1
		}
		q.span = span{q.at(day, 17, 0, 0), q.at(day+1, 5, 59, 59), "overlaps"}
	case weekend:
		// From Friday at five until Sunday is over. Who asks in between wants what is still to come.
		friday := int(time.Friday) - int(q.now.Weekday())
		if q.now.Weekday() == time.Sunday {
			friday = -2
		}
		from := q.at(friday, 17, 0, 0)
		if minute.After(from) {
			from = minute
		}
		q.span = span{from, q.at(friday+2, 23, 59, 59), "overlaps"}
	case past:
		q.span = span{time.Unix(0, 0).UTC(), minute, "within"}
	case anyDates:
		q.readDates()
	default:
		q.span = span{minute, q.at(30, 23, 59, 59), "overlaps"}
	}
}

// readDates reads the days that were typed. Where one is missing, the other goes on for a year.
func (q *question) readDates() {
	from, to := q.day("from", q.from), q.day("to", q.to)
	if q.wrong() {
		return
	}
	if q.from == "" {
		from = to.AddDate(-1, 0, 0)
	}
	if q.to == "" {
		to = from.AddDate(1, 0, 0)
	}
	if from.After(to) {
		q.mistakes["to"] = "This is before the first day. Please swap them."
		return
	}
	q.span = span{from, time.Date(to.Year(), to.Month(), to.Day(), 23, 59, 59, 0, to.Location()), "overlaps"}
}

func (q *question) day(field, typed string) time.Time {
	if typed == "" {
		return time.Time{}
	}
	day, err := time.ParseInLocation(time.DateOnly, typed, q.now.Location())
	if err != nil {
		q.mistakes[field] = "There is no such day. One is written like " + q.now.Format(time.DateOnly) + "."
	}
	return day
}

// target is the request to the API, with its parameters in an order that reads well.
func (q *question) target() string {
	var b strings.Builder
	b.WriteString("/events")
	separator := "?"
	add := func(name, value string) {
		if value != "" {
			b.WriteString(separator + name + "=" + url.QueryEscape(value))
			separator = "&"
		}
	}
	add("starts_at", q.span.from.Format(time.RFC3339))
	add("ends_at", q.span.to.Format(time.RFC3339))
	add("match", q.span.match)
	add("q", q.words)
	add("min_price", q.minPrice)
	add("max_price", q.maxPrice)
	add("currency", q.currency)
	if q.onSale {
		add("on_sale", "true")
	}
	add("sortBy", q.sort.by)
	add("sortDir", q.sort.direction)
	add("page", q.page)
	add("pageSize", strconv.Itoa(pageSize))
	return b.String()
}

// address is that of this page, or with some of it changed to another: pairs of a name and a value, of which an empty one leaves out.
func (q *question) address(changed ...string) string {
	v := url.Values{}
	set := func(name, value, usual string) {
		if value != usual {
			v.Set(name, value)
		}
	}
	if q.when == anyDates {
		set("from", q.from, "")
		set("to", q.to, "")
	} else {
		set("when", q.when, thirty)
	}
	set("q", q.words, "")
	set("min_price", q.minPrice, "")
	set("max_price", q.maxPrice, "")
	set("currency", q.currency, "")
	if q.onSale {
		v.Set("on_sale", "true")
	}
	usual := sortings[0].key
	if q.when == past {
		usual = sortings[1].key
	}
	set("sort", q.sort.key, usual)
	set("page", q.page, "")
	for i := 0; i < len(changed); i += 2 {
		v.Del(changed[i])
		if changed[i+1] != "" {
			v.Set(changed[i], changed[i+1])
		}
	}
	return v.Encode()
}

// link is the address of the search page, changed.
func (q *question) link(changed ...string) string {
	if query := q.address(changed...); query != "" {
		return "/?" + query
	}
	return "/"
}

// option is one of several, as a link.
type option struct {
	Name, Link string
	Current    bool
}

func (q *question) presets() []option {
	options := make([]option, 0, len(presetNames))
	for _, p := range presetNames {
		when := p.when
		if when == thirty {
			when = ""
		}
		options = append(options, option{p.name, q.link("when", when, "from", "", "to", "", "page", "", "sort", ""), q.when == p.when})
	}
	return options
}

func (q *question) sorts() []option {
	var options []option
	for _, s := range sortings {
		options = append(options, option{s.name, q.link("sort", s.key, "page", ""), q.sort == s})
	}
	return options
}

// form is the form with what was typed.
type form struct {
	When               string // to be kept, unless days are typed
	From, To           string
	Words              string
	MinPrice, MaxPrice string
	Currency           string
	OnSale             bool
	Sort               string
	Mistakes           map[string]string
}

func (q *question) form() form {
	f := form{
		From: q.from, To: q.to, Words: q.words, MinPrice: q.minPrice, MaxPrice: q.maxPrice, Currency: q.currency, OnSale: q.onSale,
		Sort: q.sort.key, Mistakes: q.mistakes,
	}
	if q.when != anyDates && q.when != thirty {
		f.When = q.when
	}
	return f
}

// fields are those that the API may find fault with, and what pages call them.
var fields = map[string]string{"q": "q", "min_price": "min_price", "max_price": "max_price", "currency": "currency", "starts_at": "from", "ends_at": "to"}

// blame puts what the API finds fault with beside the field that it is about, or else above all.
func (f *form) blame(message string) {
	name, _, _ := strings.Cut(message, " ")
	field, known := fields[name]
	if !known && strings.HasSuffix(message, "with currency") {
		field = "currency"
	}
	f.Mistakes[field] = strings.ToUpper(message[:1]) + message[1:] + "."
}

// Wrong are the fields with mistakes, in the order of the form.
func (f *form) Wrong() (names []string) {
	for _, name := range []string{"", "q", "from", "to", "min_price", "max_price", "currency"} {
		if _, wrong := f.Mistakes[name]; wrong {
			names = append(names, name)
		}
	}
	return slices.Clip(names)
}
