package webpage_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // also where no zones are installed

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi/webpage"
)

var madrid = must(time.LoadLocation("Europe/Madrid"))

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

// api answers the same to everything, and remembers what it was asked.
type api struct {
	status int
	header map[string]string
	body   string
	asked  []string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.asked = append(a.asked, r.URL.String())
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write([]byte(a.body))
}

func (a *api) site(now string) *webpage.Site {
	at := must(time.ParseInLocation("2006-01-02T15:04:05", now, madrid))
	return webpage.New(a, webpage.Options{Zone: madrid, Clock: func() time.Time { return at }, Asset: func(name string) string { return "/assets/" + name + "?tag" }})
}

func visit(query string) webpage.Visit {
	return webpage.Visit{Origin: "https://events.example", Query: must(url.ParseQuery(query))}
}

const afternoon = "2026-11-25T15:04:05" // a Wednesday

const oneEvent = `{"page":%d,"pageSize":24,"totalRows":%d,"totalPages":%d,"events":[{"id":"abcdfc34-c903-5320-869c-84dfa0ca6913","title":%q,
 "start_date":"2026-11-27","start_time":"21:00:00","end_date":"2026-11-28","end_time":"01:30:00","min_price":15,"max_price":30.5,
 "starts_at":"2026-11-27T21:00:00+01:00","ends_at":"2026-11-28T01:30:00+01:00","time_zone":"Europe/Madrid","sold_out":true,"available":false,
 "currency":"EUR","url":null,"city":"Madrid","category":"music","provider":"default"}]}`

func found(title string) *api { return &api{status: 200, body: fmt.Sprintf(oneEvent, 1, 1, 1, title)} }

func refused(status int, code, message string) *api {
	return &api{status: status, body: fmt.Sprintf(`{"data":null,"error":{"code":%q,"message":%q}}`, code, message)}
}

func TestWhen(t *testing.T) {
	for name, tt := range map[string]struct{ now, query, from, to, match string }{
		"by default":                          {afternoon, "", "2026-11-25T15:04:00+01:00", "2026-12-25T23:59:59+01:00", "overlaps"},
		"a preset that nobody knows":          {afternoon, "when=someday", "2026-11-25T15:04:00+01:00", "2026-12-25T23:59:59+01:00", "overlaps"},
		"tonight, in the afternoon":           {afternoon, "when=tonight", "2026-11-25T17:00:00+01:00", "2026-11-26T05:59:59+01:00", "overlaps"},
		"tonight, at night":                   {"2026-11-26T02:00:00", "when=tonight", "2026-11-25T17:00:00+01:00", "2026-11-26T05:59:59+01:00", "overlaps"},
		"tonight, early in the morning":       {"2026-11-26T06:00:00", "when=tonight", "2026-11-26T17:00:00+01:00", "2026-11-27T05:59:59+01:00", "overlaps"},
		"the night that an hour is left out":  {"2026-03-28T12:00:00", "when=tonight", "2026-03-28T17:00:00+01:00", "2026-03-29T05:59:59+02:00", "overlaps"},
		"the night that an hour comes twice":  {"2026-10-24T12:00:00", "when=tonight", "2026-10-24T17:00:00+02:00", "2026-10-25T05:59:59+01:00", "overlaps"},
		"weekend, on Wednesday":               {afternoon, "when=weekend", "2026-11-27T17:00:00+01:00", "2026-11-29T23:59:59+01:00", "overlaps"},
		"weekend, on Monday":                  {"2026-11-30T00:00:00", "when=weekend", "2026-12-04T17:00:00+01:00", "2026-12-06T23:59:59+01:00", "overlaps"},
		"weekend, on Friday evening":          {"2026-11-27T20:00:30", "when=weekend", "2026-11-27T20:00:00+01:00", "2026-11-29T23:59:59+01:00", "overlaps"},
		"weekend, on Saturday night":          {"2026-11-28T23:59:59", "when=weekend", "2026-11-28T23:59:00+01:00", "2026-11-29T23:59:59+01:00", "overlaps"},
		"weekend, in the last minute of it":   {"2026-11-29T23:59:30", "when=weekend", "2026-11-29T23:59:00+01:00", "2026-11-29T23:59:59+01:00", "overlaps"},
		"weekend, at the end of the year":     {"2026-12-31T10:00:00", "when=weekend", "2027-01-01T17:00:00+01:00", "2027-01-03T23:59:59+01:00", "overlaps"},
		"past":                                {afternoon, "when=past", "1970-01-01T00:00:00Z", "2026-11-25T15:04:00+01:00", "within"},
		"days":                                {afternoon, "from=2026-12-01&to=2026-12-03", "2026-12-01T00:00:00+01:00", "2026-12-03T23:59:59+01:00", "overlaps"},
		"one day":                             {afternoon, "from=2026-12-01&to=2026-12-01", "2026-12-01T00:00:00+01:00", "2026-12-01T23:59:59+01:00", "overlaps"},
		"days win over a preset":              {afternoon, "when=past&from=2026-12-01&to=2026-12-03", "2026-12-01T00:00:00+01:00", "2026-12-03T23:59:59+01:00", "overlaps"},
		"from a day on":                       {afternoon, "from=2026-12-01", "2026-12-01T00:00:00+01:00", "2027-12-01T23:59:59+01:00", "overlaps"},
		"up to a day":                         {afternoon, "to=2026-12-01", "2025-12-01T00:00:00+01:00", "2026-12-01T23:59:59+01:00", "overlaps"},
		"the day that the clocks are changed": {afternoon, "from=2026-03-29&to=2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-29T23:59:59+02:00", "overlaps"},
	} {
		t.Run(name, func(t *testing.T) {
			a := found("x")
			page := a.site(tt.now).Search(t.Context(), visit(tt.query))
			require.Equal(t, 200, page.Status)
			require.Len(t, a.asked, 1)
			asked := must(url.Parse(a.asked[0])).Query()
			assert.Equal(t, []string{tt.from, tt.to, tt.match}, []string{asked.Get("starts_at"), asked.Get("ends_at"), asked.Get("match")})
		})
	}
}

// What a page shows is what the request answers that it tells of.
func TestTheRequestIsTheOneThatWasMade(t *testing.T) {
	for query, want := range map[string]string{
		"": "/events?starts_at=2026-11-25T15%3A04%3A00%2B01%3A00&ends_at=2026-12-25T23%3A59%3A59%2B01%3A00&match=overlaps&sortBy=starts_at&sortDir=asc&pageSize=24",
		"q=caf%C3%A9+%26+%27x%27&min_price=1,50&max_price=20&currency=eur&on_sale=true&sort=dearest&page=3&utm_source=mail&from=2026-12-01&to=2026-12-02": "/events?starts_at=2026-12-01T00%3A00%3A00%2B01%3A00&ends_at=2026-12-02T23%3A59%3A59%2B01%3A00&match=overlaps&q=caf%C3%A9+%26+%27x%27&min_price=1.50&max_price=20&currency=EUR&on_sale=true&sortBy=max_price&sortDir=desc&page=3&pageSize=24",
		"when=past": "/events?starts_at=1970-01-01T00%3A00%3A00Z&ends_at=2026-11-25T15%3A04%3A00%2B01%3A00&match=within&sortBy=starts_at&sortDir=desc&pageSize=24",
	} {
		a := found("x")
		page := string(a.site(afternoon).Search(t.Context(), visit(query)).HTML)
		require.Equal(t, []string{want}, a.asked)
		assert.Contains(t, html.UnescapeString(page), "curl 'https://events.example"+want+"'")
		assert.Contains(t, html.UnescapeString(page), `<a href="`+want+`">Open it</a>`)
	}
	v := visit("")
	v.Origin = "https://x';rm -rf ~;'"
	assert.Contains(t, html.UnescapeString(string(found("x").site(afternoon).Search(t.Context(), v).HTML)), "curl '/events?", "an origin that means something to a shell is left out")
}

func TestCards(t *testing.T) {
	page := string(found(`<script>alert("x")</script> & Ópera`).site(afternoon).Search(t.Context(), visit("q=x&when=weekend")).HTML)
	for _, part := range []string{
		"&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; Ópera", `datetime="2026-11-27T21:00:00&#43;01:00">Fri 27 Nov 2026, 21:00–01:30</time>`,
		"Madrid · music", "€15–€30.50", "Sold out", "Gone from the feed", `<h2 id="result">1 event `, "Days and presets are meant in Europe/Madrid",
		`<a href="/view/abcdfc34-c903-5320-869c-84dfa0ca6913?q=x&amp;when=weekend">`,
	} {
		assert.Contains(t, page, part)
	}
	assert.NotContains(t, page, "<script>alert")
}

func TestPages(t *testing.T) {
	a := &api{status: 200, body: fmt.Sprintf(oneEvent, 3, 12345, 515, "x")}
	page := html.UnescapeString(string(a.site(afternoon).Search(t.Context(), visit("q=a&page=3")).HTML))
	for _, part := range []string{
		`<a href="/?q=a">First</a>`, `<a href="/?page=2&q=a" rel="prev">Previous</a>`, "Page 3 of 515", `<a href="/?page=4&q=a" rel="next">Next</a>`, `<a href="/?page=515&q=a">Last</a>`,
		"12,345 events", "49–49 of 12,345", `<a href="/?q=a&when=weekend">This weekend</a>`, `<a href="/?q=a&sort=title">By title</a>`,
	} {
		assert.Contains(t, page, part)
	}
	a = &api{status: 200, body: `{"page":9,"pageSize":24,"totalRows":30,"totalPages":2,"events":[]}`}
	page = string(a.site(afternoon).Search(t.Context(), visit("page=9")).HTML)
	assert.Contains(t, page, "There are 2 pages, and this would be page 9.")
}

func TestMistakes(t *testing.T) {
	for name, tt := range map[string]struct {
		api          *api
		query, field string
		message      string
		kept         string
	}{
		"a day that does not exist": {found("x"), "from=2026-02-30", "from", "There is no such day. One is written like 2026-11-25.", `value="2026-02-30"`},
		"a word":                    {found("x"), "to=soon", "to", "There is no such day. One is written like 2026-11-25.", `value="soon"`},
		"the wrong way round":       {found("x"), "from=2026-12-02&to=2026-12-01", "to", "This is before the first day. Please swap them.", `value="2026-12-02"`},
		"a price": {refused(400, "invalid_parameter", `min_price "cheap" is not a price`), "min_price=cheap&q=opera", "min_price",
			"Min_price &#34;cheap&#34; is not a price.", `value="opera"`},
		"several currencies": {refused(400, "invalid_parameter", "what matches has prices in several currencies (EUR, GBP); say in which with currency"), "max_price=9", "currency",
			"What matches has prices in several currencies (EUR, GBP); say in which with currency.", `value="9"`},
	} {
		t.Run(name, func(t *testing.T) {
			page := tt.api.site(afternoon).Search(t.Context(), visit(tt.query))
			assert.Equal(t, 400, page.Status)
			text := string(page.HTML)
			assert.Contains(t, text, `aria-invalid="true" aria-describedby="`+tt.field+`-wrong"`)
			assert.Contains(t, text, `<span class="mistake" id="`+tt.field+`-wrong">`+tt.message+`</span>`)
			assert.Contains(t, text, `<li><a href="#`+tt.field+`">`+tt.message+`</a></li>`)
			assert.Contains(t, text, tt.kept, "what was typed is still there")
		})
	}
	page := refused(400, "invalid_parameter", "something else").site(afternoon).Search(t.Context(), visit(""))
	assert.Contains(t, string(page.HTML), "<li>Something else.</li>")
}

func TestStates(t *testing.T) {
	nothing := refused(404, "no_events", "no event matches").site(afternoon).Search(t.Context(), visit("q=x"))
	assert.Equal(t, 200, nothing.Status)
	assert.Contains(t, string(nothing.HTML), "There is nothing from now until Fri 25 Dec 2026 that is like this.")

	away := refused(503, "unavailable", "the service cannot answer")
	away.header = map[string]string{"Retry-After": "7"}
	for _, page := range []webpage.Page{away.site(afternoon).Search(t.Context(), visit("")), away.site(afternoon).Event(t.Context(), "x", visit(""))} {
		assert.Equal(t, [2]any{503, "7"}, [2]any{page.Status, page.RetryAfter})
		assert.Contains(t, string(page.HTML), "Please try again in 7 s.")
	}
	gone := (&api{status: 499}).site(afternoon).Search(t.Context(), visit(""))
	assert.Equal(t, webpage.Page{Status: 499}, gone, "who did not wait is no fault of ours")
	for _, id := range []string{".", ".."} {
		assert.Equal(t, 404, refused(500, "internal", "x").site(afternoon).Event(t.Context(), id, visit("")).Status)
	}
	for _, broken := range []*api{refused(500, "internal", "x"), {status: 200, body: "{"}, {status: 307}} {
		page := broken.site(afternoon).Search(t.Context(), visit(""))
		assert.Equal(t, 500, page.Status)
		assert.Contains(t, string(page.HTML), "That is our fault, not yours.")
	}
	stale := found("x")
	stale.header = map[string]string{"Cache-Status": "Marquee; fwd=stale; fwd-status=503; ttl=0; detail=memory"}
	page := stale.site(afternoon).Search(t.Context(), visit(""))
	assert.Equal(t, 200, page.Status)
	assert.Contains(t, string(page.HTML), "This is what was known last.")
	for _, unknown := range []*api{refused(404, "no_such_event", "there is no event"), refused(400, "invalid_parameter", "id is no UUID")} {
		page := unknown.site(afternoon).Event(t.Context(), "a/../b?c", visit("q=x"))
		assert.Equal(t, 404, page.Status)
		assert.Contains(t, string(page.HTML), `<a class="button" href="/?q=x">To the search</a>`)
		assert.Equal(t, []string{"/events/a%2F..%2Fb%3Fc"}, unknown.asked)
	}
}

const wholeEvent = `{"id":"abcdfc34-c903-5320-869c-84dfa0ca6913","title":"Camela","start_date":"2021-06-30","start_time":"21:00:00","end_date":"2021-06-30","end_time":"22:00:00",
 "min_price":15,"max_price":30.5,"starts_at":"2021-06-30T21:00:00+02:00","ends_at":"2021-06-30T22:00:00+02:00","time_zone":"Europe/Madrid","sold_out":false,"available":true,
 "currency":"EUR","url":%q,"city":"Madrid","category":null,"provider":"default","starts_at_utc":"2021-06-30T19:00:00Z","ends_at_utc":"2021-06-30T20:00:00Z",
 "base_id":"291","event_id":"1642","organizer":null,"sell_mode":"online","venue":"WiZink","image":null,"capacity":1243,"sale_starts_at":"2020-07-01T02:00:00+02:00",
 "sale_ends_at":null,"first_seen":"2021-06-01T10:00:00Z","revision":4,"last_seen":"2021-06-04T10:00:00.123Z",
 "zones":[{"id":"40","name":"Platea","capacity":1241,"price":15,"numbered":true},{"id":"38","name":null,"capacity":2,"price":30.5,"numbered":false}],
 "history":[
 {"at":"2021-06-01T10:00:00Z","kind":"added","revision":1,"changes":[],"capacity":2500,"min_price":null,"max_price":null,"sold_out":false,"available":true},
 {"at":"2021-06-02T10:00:00Z","kind":"updated","revision":2,"changes":[{"field":"min_price","from":null,"to":20},{"field":"max_price","from":null,"to":30.5},{"field":"capacity","from":2500,"to":1300},
  {"field":"sold_out","from":true,"to":false},{"field":"title","from":"A <b>","to":"Camela"},{"field":"starts_at","from":null,"to":"2021-06-30T21:00:00+02:00"}],"capacity":1300,"min_price":20,"max_price":30.5,"sold_out":false,"available":true},
 {"at":"2021-06-03T10:00:00Z","kind":"withdrawn","revision":3,"changes":[{"field":"available","from":true,"to":false}],"capacity":1300,"min_price":20,"max_price":30.5,"sold_out":false,"available":false},
 {"at":"2021-06-04T10:00:00Z","kind":"returned","revision":4,"changes":[{"field":"available","from":false,"to":true},{"field":"zones","from":null,"to":null},{"field":"min_price","from":20,"to":15},{"field":"capacity","from":1300,"to":1243}],"capacity":1243,"min_price":15,"max_price":30.5,"sold_out":false,"available":true}],
 "history_complete":false}`

func TestEventPage(t *testing.T) {
	a := &api{status: 200, body: fmt.Sprintf(wholeEvent, "https://tickets.example/291")}
	page := html.UnescapeString(string(a.site(afternoon).Event(t.Context(), "abcdfc34-c903-5320-869c-84dfa0ca6913", visit("q=camela&page=2")).HTML))
	for _, part := range []string{
		`<a href="/?page=2&q=camela">← Back to the results</a>`, "Wed 30 Jun 2021, 21:00–22:00", "Europe/Madrid (UTC+02:00)", "Wed 30 Jun 2021, 19:00–20:00", "Wed 1 Jul 2020, 02:00",
		"1,243", "291 / 1642", "Tue 1 Jun 2021, 12:00", "Fri 4 Jun 2021, 12:00", `href="https://tickets.example/291" rel="noopener noreferrer"`,
		`<th scope="row">Platea</th><td class="number">€15</td><td class="number">1,241</td><td>numbered</td>`, `<th scope="row">Zone 38</th><td class="number">€30.50</td>`,
		"Put on sale", "Left the feed", "Back in the feed", "Zones were rearranged", "Lowest price: none → €20", "Tickets left: 1,300 → 1,243", "Sold out: yes → no", "Title: A <b> → Camela",
		"Start: none → Wed 30 Jun 2021, 21:00", "is too long ago to be told here",
		`aria-label="Price from Tue 1 Jun 2021 to Fri 4 Jun 2021: at first €20 to €30.50, at last €15 to €30.50, at most €30.50."`, `<path class="area"`, `aria-label="Tickets left from`,
	} {
		assert.Contains(t, page, part)
	}
	assert.NotContains(t, page, "available")
	a.body = fmt.Sprintf(wholeEvent, "javascript:alert(1)")
	assert.NotContains(t, string(a.site(afternoon).Event(t.Context(), "x", visit("")).HTML), "javascript:")
}

// The policy forbids what is inline, so that a title cannot do anything. Every template is looked at in every state.
func TestNothingIsInline(t *testing.T) {
	inline := regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|<style|<script(?:\s[^>]*)?>[^<]`)
	detail := &api{status: 200, body: fmt.Sprintf(wholeEvent, "https://tickets.example/291")}
	for name, page := range map[string]webpage.Page{
		"found": found("x").site(afternoon).Search(t.Context(), visit("q=x")), "nothing": refused(404, "no_events", "x").site(afternoon).Search(t.Context(), visit("")),
		"mistakes": found("x").site(afternoon).Search(t.Context(), visit("from=x&to=y")), "away": refused(503, "x", "x").site(afternoon).Search(t.Context(), visit("")),
		"event": detail.site(afternoon).Event(t.Context(), "x", visit("")), "unknown": refused(404, "x", "x").site(afternoon).Event(t.Context(), "x", visit("")),
	} {
		assert.Empty(t, inline.FindAllString(string(page.HTML), -1), name)
		assert.Equal(t, 1, strings.Count(string(page.HTML), "<h1"), name)
	}
	require.NotEmpty(t, inline.FindAllString(`<p style="x"><script>x</script><a onclick="x">`, -1))
}
