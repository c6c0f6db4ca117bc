package severed

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// known is a question whose answer is known.
type known struct {
	path      string
	from, to  time.Time
	rest      url.Values
	pages     [][]byte // the answers to it and to those behind it, up to mostPages
	more      bool     // there are more pages
	beginning string   // behind the first page, as it was before anything was away; empty where there is no second one
}

// secondsBetween is within what nothing begins or ends: that is at whole minutes.
const secondsBetween = 60

// variant is the same question in so many words. The first 3600 are different ones.
func (k *known) variant(n int) string {
	v := url.Values{
		"starts_at": {k.from.Add(-time.Duration(n%secondsBetween) * time.Second).Format(time.RFC3339)},
		"ends_at":   {k.to.Add(time.Duration(n/secondsBetween%secondsBetween) * time.Second).Format(time.RFC3339)},
	}
	maps.Copy(v, k.rest)
	return k.path + "?" + v.Encode()
}

// mostPages are followed of a question.
const mostPages = 5

// learn draws so many questions and has the database answer them, and the process that answers from memory begin what goes on
// over several pages.
func (w *town) learn(many int) []*known {
	w.t.Helper()
	asked := w.process("api", "MARQUEE_SEARCH_INDEX=store")
	defer asked.Stop()
	ask := func(address string) answer {
		a, err := w.ask(w.plain, address)
		require.NoError(w.t, err)
		return a
	}
	r := rand.New(rand.NewPCG(*seed, 1))
	var all []*known
	several := 0
	for len(all) < many {
		k := drawQuestion(r)
		first := ask(asked.api + k.variant(0))
		if first.status == http.StatusNotFound { // nothing matches
			continue
		}
		for a := first; ; {
			require.Equal(w.t, http.StatusOK, a.status, "%s: %s", k.variant(0), a.body)
			k.pages = append(k.pages, a.body)
			next := follows(a.header)
			if k.more = next != ""; !k.more || len(k.pages) == mostPages {
				break
			}
			a = ask(asked.api + next)
		}
		if len(k.pages) > 1 {
			several++
			k.beginning = follows(ask(w.answers.api + k.variant(secondsBetween-1)).header)
			require.NotEmpty(w.t, k.beginning)
		}
		all = append(all, k)
	}
	require.Greater(w.t, several, many/5, "too few questions go on behind the first page")
	return all
}

// follows is the address of the next page, empty for the last one.
func follows(h http.Header) string {
	for link := range strings.SplitSeq(h.Get("Link"), ",") {
		target, kind, _ := strings.Cut(link, ";")
		if strings.Contains(kind, `rel="next"`) {
			u, err := url.Parse(strings.Trim(strings.TrimSpace(target), "<>"))
			if err == nil {
				return u.RequestURI()
			}
		}
	}
	return ""
}

func drawQuestion(r *rand.Rand) *known {
	k := &known{path: "/events", rest: url.Values{}}
	k.from = firstDay.AddDate(0, 0, r.IntN(days)).Add(time.Duration(r.IntN(minutesOfADay)) * time.Minute)
	k.to = k.from.Add(time.Duration(1+r.IntN(20)) * 24 * time.Hour)
	if r.IntN(4) == 0 { // from a month to everything
		k.from, k.to = k.from.AddDate(0, 0, -r.IntN(days)), k.to.AddDate(0, 0, 30+r.IntN(days))
	}
	if r.IntN(4) == 0 {
		k.path = "/search"
		return k
	}
	set := func(name, value string) { k.rest.Set(name, value) }
	set("pageSize", strconv.Itoa([]int{1, 5, 20, 20, 50, 200}[r.IntN(6)]))
	if r.IntN(4) == 0 {
		set("page", strconv.Itoa(1+r.IntN(6)))
	}
	if r.IntN(4) > 0 {
		set("sortBy", []string{"starts_at", "ends_at", "title", "min_price", "max_price"}[r.IntN(5)])
		set("sortDir", []string{"asc", "desc"}[r.IntN(2)])
	}
	if r.IntN(3) == 0 {
		set("match", "overlaps")
	}
	for range r.IntN(3) {
		switch r.IntN(9) {
		case 0:
			set("q", words[r.IntN(len(words))][1:4])
		case 1:
			set("currency", "EUR")
			set("min_price", fmt.Sprintf("%d.5", r.IntN(60)))
		case 2:
			set("currency", "USD")
			set("max_price", strconv.Itoa(20+r.IntN(100)))
		case 3:
			set("city", cities[r.IntN(len(cities))])
		case 4:
			set("category", categories[r.IntN(len(categories))])
		case 5:
			set("organizer", strconv.Itoa(r.IntN(7)))
		case 6:
			set("on_sale", strconv.FormatBool(r.IntN(2) == 0))
		case 7:
			set("sold_out", strconv.FormatBool(r.IntN(2) == 0))
		case 8:
			set("available", "true")
			set("provider", "default")
		}
	}
	return k
}

// holds compares an answer with what it has to be; empty where it is that.
func (k *known) holds(page int, address string, a answer, err error) string {
	switch {
	case err != nil:
		return fmt.Sprintf("%s is not answered: %v", address, err)
	case a.status != http.StatusOK:
		return fmt.Sprintf("%s is answered with %d: %.300s", address, a.status, a.body)
	case strings.Contains(a.header.Get("Cache-Status"), "fwd-status"):
		return fmt.Sprintf("%s is answered with the last that was known: %s", address, a.header.Get("Cache-Status"))
	case !bytes.Equal(a.body, k.pages[page]):
		return fmt.Sprintf("%s is answered with\n%.600s, and not with\n%.600s", address, a.body, k.pages[page])
	case (follows(a.header) != "") != (k.more || page+1 < len(k.pages)):
		return fmt.Sprintf("%s is page %d of %d and has Link %q", address, page+1, len(k.pages), a.header.Get("Link"))
	}
	return ""
}
