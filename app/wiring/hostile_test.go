package wiring_test

import (
	"bytes"
	"cmp"
	"io"
	"maps"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/feedsim"
	"github.com/marquee-events/marquee/adapters/feedxml"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// How much of what a misbehaving feed says is believed. The feed says other prices while its provider misbehaves, so
// that it can be seen.
const (
	nothing = "nothing"
	begun   = "what came before the end"
	all     = "everything"
	damaged = "everything, with what was damaged replaced"
)

// hostility is what becomes of one reading of a feed that misbehaves.
type hostility struct {
	state    catalogue.RunState
	says     string // of the failure, for people; a regular expression
	believed string
	rejected map[catalogue.Reason]int // beyond those of the good feed
	held     bool                     // departures
	retried  bool
	outcome  string // of the fetch, as it is counted; ok or unavailable, unless it is said here
}

// Every misbehaviour that the made-up provider has, and what it leads to. None of them withdraws anything, and the next
// good reading heals it.
var hostilities = map[feedsim.Misbehaviour]hostility{
	feedsim.ServerError: {state: catalogue.Incomplete, believed: nothing, retried: true, says: "3 attempts.*500 Internal Server Error"},
	feedsim.Unavailable: {state: catalogue.Incomplete, believed: nothing, says: "503 Service Unavailable"},
	feedsim.RateLimited: {state: catalogue.Incomplete, believed: nothing, says: "429 Too Many Requests"},
	feedsim.NotModified: {state: catalogue.Concluded, believed: nothing, outcome: "not_modified"}, // the last run was concluded, so there is a condition

	feedsim.Redirect:     {state: catalogue.Concluded, believed: all},
	feedsim.RedirectLoop: {state: catalogue.Incomplete, believed: nothing, says: "more than 5 redirects"},

	feedsim.NoAnswer: {state: catalogue.Incomplete, believed: nothing, retried: true, says: "an answer took longer than"},
	feedsim.SlowDrip: {state: catalogue.Incomplete, believed: nothing, says: "the whole feed took longer than"},
	feedsim.Stall:    {state: catalogue.Incomplete, believed: begun, says: "the next byte of the feed took longer than"},

	feedsim.CutConnection: {state: catalogue.Incomplete, believed: begun, says: "unexpected EOF"},
	feedsim.CutDocument:   {state: catalogue.Incomplete, believed: begun, says: "ends inside"},
	feedsim.CutGzip:       {state: catalogue.Incomplete, believed: begun, says: "unexpected EOF"},
	feedsim.LengthTooLong: {state: catalogue.Incomplete, believed: all, says: "unexpected EOF"},
	feedsim.LengthShort:   {state: catalogue.Incomplete, believed: nothing, says: "ends inside"},
	feedsim.EmptyBody:     {state: catalogue.Incomplete, believed: nothing, retried: true, says: "the feed is empty"},

	feedsim.Garbage:      {state: catalogue.Incomplete, believed: nothing, says: "begins with"},
	feedsim.HTML:         {state: catalogue.Incomplete, believed: nothing, says: "begins with <"},
	feedsim.JSON:         {state: catalogue.Incomplete, believed: nothing, says: "begins with"},
	feedsim.Latin1:       {state: catalogue.Concluded, believed: all},
	feedsim.Latin1AsUTF8: {state: catalogue.Concluded, believed: damaged},
	feedsim.UTF16:        {state: catalogue.Concluded, believed: all},
	feedsim.GzipFile:     {state: catalogue.Concluded, believed: all},

	feedsim.GzipBomb:       {state: catalogue.Incomplete, believed: nothing, says: "more than"},
	feedsim.EntityBomb:     {state: catalogue.Incomplete, believed: nothing, says: "defines its own document type, which is refused"},
	feedsim.ExternalEntity: {state: catalogue.Incomplete, believed: nothing, says: "defines its own document type, which is refused"},
	feedsim.DeepNesting:    {state: catalogue.Incomplete, believed: nothing, says: "more than 32 elements inside each other"},
	feedsim.GiantAttribute: {state: catalogue.Concluded, believed: nothing, held: true, rejected: map[catalogue.Reason]int{catalogue.TextTooLong: 1}},

	feedsim.EmptyList:        {state: catalogue.Concluded, believed: nothing},
	feedsim.NoOutput:         {state: catalogue.Incomplete, believed: nothing, says: "no <output>"},
	feedsim.TwoRoots:         {state: catalogue.Incomplete, believed: all, says: "<eventList> after its end"},
	feedsim.TrailingText:     {state: catalogue.Incomplete, believed: all, says: "text after its end"},
	feedsim.EveryEventTwice:  {state: catalogue.Concluded, believed: all},
	feedsim.HalfGone:         {state: catalogue.Concluded, believed: begun, held: true},
	feedsim.RecordsMalformed: {state: catalogue.Concluded, believed: all},
}

// edition is a provider with one feed, and the same with other prices for when it misbehaves.
type edition struct {
	plain, dearer []byte
	dear          atomic.Bool
}

func newEdition(t *testing.T, events int) *edition {
	t.Helper()
	sim, err := feedsim.New(feedsim.Options{Seed: 3, Events: events})
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = sim.At(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)).WriteTo(&b)
	require.NoError(t, err)
	return &edition{plain: b.Bytes(), dearer: bytes.ReplaceAll(b.Bytes(), []byte(` price="`), []byte(` price="1`))}
}

func (e *edition) document() document {
	if e.dear.Load() {
		return e.dearer
	}
	return e.plain
}

func (e *edition) Fetch() (feedsim.Document, error)   { return e.document(), nil }
func (e *edition) Current() (feedsim.Document, error) { return e.document(), nil }

type document []byte

func (d document) ETag() string { return strconv.Itoa(len(d)) }

func (d document) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(d)
	return int64(n), err
}

func TestHostileFeeds(t *testing.T) {
	for _, m := range feedsim.Misbehaviours() {
		assert.Contains(t, hostilities, m)
	}
	for m := range hostilities {
		assert.NotEmpty(t, m.Description(), "no provider misbehaves like %s", m)
	}
	site := openSite(t, nil)
	for _, m := range feedsim.Misbehaviours() {
		want := hostilities[m]
		t.Run(string(m), func(t *testing.T) { site.with(t).suffers(m, want) })
	}
}

// site is a service and its provider.
type site struct {
	*process
	edition    *edition
	provider   *feedsim.Moody
	rejections ports.RejectionReader
	events     map[string]summary // that the good feed has
	rejected   int                // records of the good feed
}

func openSite(t *testing.T, variables []string) *site {
	t.Helper()
	s := &site{edition: newEdition(t, 200)}
	s.provider = feedsim.NewMoody(feedsim.Handler(s.edition), feedsim.MoodyOptions{Drip: 50 * time.Millisecond, Unpacked: 64 << 20})
	server := httptest.NewServer(s.provider)
	t.Cleanup(server.Close)
	t.Cleanup(s.provider.Behave)
	s.process = start(t, settings(t, wiring.AllRoles, append(variables, "MARQUEE_PROVIDER_URL="+server.URL+"/feed.xml", "MARQUEE_FETCH_INTERVAL=1h", "MARQUEE_LOG_LEVEL=ERROR", "MARQUEE_RATE_LIMIT_RPS=0")...),
		fx.Replace(feedxml.Options{
			Timeouts: feedxml.Timeouts{Answer: 1500 * time.Millisecond, Idle: 1500 * time.Millisecond, Total: 8 * time.Second},
			Retries:  feedxml.Retries{Most: 2, Wait: time.Millisecond, LongestWait: 100 * time.Millisecond, Budget: 1000},
			Limits:   feedxml.Limits{Bytes: 32 << 20},
		}), fx.Populate(&s.rejections))
	s.awaitFirstRun()
	s.events = s.answer()
	s.rejected = len(s.open())
	return s
}

// with is the site for a subtest.
func (s *site) with(t *testing.T) *site {
	inner, own := *s, *s.process
	own.t = t
	inner.process = &own
	return &inner
}

func (s *site) answer() map[string]summary {
	s.t.Helper()
	found := map[string]summary{}
	for _, e := range s.search("", "") {
		found[e.ID] = e
	}
	return found
}

func (s *site) open() map[[16]byte]catalogue.Rejection {
	s.t.Helper()
	list, err := s.rejections.Rejected(s.t.Context(), "", 10_000)
	require.NoError(s.t, err)
	found := map[[16]byte]catalogue.Rejection{}
	for _, r := range list {
		found[r.Key] = r
	}
	return found
}

// misbehave has one reading made while the provider misbehaves.
func (s *site) misbehave(m feedsim.Misbehaviour) (wiring.FetchResult, catalogue.Feed) {
	s.t.Helper()
	require.NoError(s.t, s.provider.Misbehave(m, 0))
	s.edition.dear.Store(true)
	result := s.fetch()
	s.edition.dear.Store(false)
	s.provider.Behave()
	feeds, err := s.feeds.Feeds(s.t.Context())
	require.NoError(s.t, err)
	require.Len(s.t, feeds, 1)
	return result, feeds[0]
}

func (s *site) suffers(m feedsim.Misbehaviour, want hostility) {
	before, openBefore, entries := s.counters(), s.open(), len(s.log())
	result, feed := s.misbehave(m)

	assert.Equal(s.t, string(want.state), result.State, "%+v", result)
	if want.says == "" {
		assert.Empty(s.t, result.Problem)
	} else {
		assert.Regexp(s.t, "(?s)"+want.says, result.Problem)
		assert.Equal(s.t, feed.Current.Failure, result.Problem, "the same is shown by the status")
	}
	s.believes(want.believed)
	assert.Equal(s.t, want.held, feed.Current.Held > 0)

	rejected := map[catalogue.Reason]int{}
	for key, r := range s.open() {
		if _, old := openBefore[key]; !old {
			rejected[r.Reason]++
			assert.NotEmpty(s.t, r.Original)
			assert.NotEmpty(s.t, r.Detail)
		}
	}
	if m == feedsim.EveryEventTwice {
		want.rejected = map[catalogue.Reason]int{catalogue.Duplicate: result.Records / 2}
	}
	if m == feedsim.RecordsMalformed { // which ones is the next test's
		want.rejected = rejected
		assert.GreaterOrEqual(s.t, len(rejected), 9)
	}
	if want.rejected == nil {
		want.rejected = map[catalogue.Reason]int{}
	}
	assert.Equal(s.t, want.rejected, rejected)

	after := s.counters()
	grew := func(name string) bool { return after[name] > before[name] }
	outcome := cmp.Or(want.outcome, map[bool]string{true: "ok", false: "unavailable"}[want.says == ""])
	assert.True(s.t, grew(`marquee_fetches_total{outcome="`+outcome+`",provider="default"}`))
	assert.True(s.t, grew(`marquee_runs_total{outcome="`+string(want.state)+`",provider="default"}`))
	assert.Equal(s.t, want.retried, grew(`marquee_feed_retries_total{provider="default"}`))
	assert.Equal(s.t, want.believed == damaged || m == feedsim.RecordsMalformed, grew(`marquee_feed_records_damaged_total{provider="default"}`))
	for reason, n := range rejected {
		name := `marquee_records_rejected_total{provider="default",reason="` + string(reason) + `"}`
		assert.GreaterOrEqual(s.t, after[name]-before[name], float64(n), reason)
	}
	for _, c := range s.log()[entries:] {
		assert.NotEqual(s.t, catalogue.Withdrawn, c.Kind, "%s is said to be gone", c.Event.Facts.Title)
	}
	for name, n := range after {
		if strings.HasPrefix(name, `marquee_messages_parked_total{`) {
			assert.Zero(s.t, n, name)
		}
	}
	assert.Contains(s.t, after, `marquee_messages_parked_total{kind="chunk",reason="panic"}`)

	s.heals(m)
}

// heals is what the next good reading brings about.
func (s *site) heals(m feedsim.Misbehaviour) {
	result := s.fetch()
	require.Empty(s.t, result.Problem)
	require.Equal(s.t, string(catalogue.Concluded), result.State)
	now := s.answer()
	for id, e := range s.events {
		assert.Equal(s.t, e, now[id])
	}
	assert.Len(s.t, s.open(), s.rejected)
	available := map[string]bool{}
	for _, c := range s.log() {
		available[c.Event.ID.String()] = c.Event.Available
	}
	for id := range s.events {
		assert.True(s.t, available[id], "after %s", m)
	}
}

// believes compares what is answered with what the good feed said.
func (s *site) believes(want string) {
	s.t.Helper()
	now := s.answer()
	dearer, same, renamed, priced := 0, 0, 0, 0
	for id, e := range s.events {
		require.Contains(s.t, now, id, "it is lost")
		if e.MinPrice == nil {
			continue
		}
		priced++
		if now[id].prices() == e.prices() {
			same++
		} else {
			dearer++
		}
		if now[id].Title != e.Title {
			renamed++
			assert.Contains(s.t, now[id].Title, "\uFFFD")
		}
	}
	switch want {
	case nothing:
		assert.Zero(s.t, dearer)
	case begun:
		assert.Positive(s.t, dearer)
		assert.Positive(s.t, same)
	case all, damaged:
		assert.Equal(s.t, priced, dearer)
	}
	assert.Equal(s.t, want == damaged, renamed > 0)
}

func (s *site) log() []catalogue.Change {
	s.t.Helper()
	var entries []catalogue.Change
	var at catalogue.Version
	for {
		batch, err := s.changes.Changes(s.t.Context(), at, 1000)
		require.NoError(s.t, err)
		if len(batch.Changes) == 0 {
			return entries
		}
		entries = append(entries, batch.Changes...)
		at = batch.Changes[len(batch.Changes)-1].Version
	}
}

var sample = regexp.MustCompile(`(?m)^(marquee_\w+(?:\{[^}]*\})?) (\S+)$`)

// counters are the process's own metrics, as Prometheus reads them.
func (s *site) counters() map[string]float64 {
	s.t.Helper()
	_, body := get(s.t, "http://"+s.at.Of(wiring.Admin)+"/metrics")
	found := map[string]float64{}
	for _, line := range sample.FindAllSubmatch(body, -1) {
		value, err := strconv.ParseFloat(string(line[2]), 64)
		require.NoError(s.t, err)
		found[string(line[1])] = value
	}
	return found
}

// Why each malformed record is rejected. One that is not here is taken as if its mistake were not there.
var malformations = map[string]catalogue.Reason{
	"missing-base-id":           catalogue.MissingField,
	"missing-event-id":          catalogue.MissingField,
	"missing-title":             catalogue.MissingField,
	"missing-sell-mode":         catalogue.MissingField,
	"missing-start":             catalogue.MissingField,
	"missing-end":               catalogue.MissingField,
	"missing-price":             catalogue.MissingField,
	"missing-capacity":          catalogue.MissingField,
	"price-abc":                 catalogue.BadPrice,
	"price-negative":            catalogue.BadPrice,
	"price-with-exponent":       catalogue.BadPrice,
	"price-of-twenty-digits":    catalogue.BadPrice,
	"price-with-five-decimals":  catalogue.BadPrice,
	"price-with-comma":          catalogue.BadPrice,
	"capacity-negative":         catalogue.BadCapacity,
	"capacity-of-twenty-digits": catalogue.BadCapacity,
	"capacity-with-decimals":    catalogue.BadCapacity,
	"date-that-does-not-exist":  catalogue.NoSuchDate,
	"date-that-is-none":         catalogue.BadDate,
	"end-before-start":          catalogue.EndBeforeStart,
	"sold-out-maybe":            catalogue.BadFlag,
	"currency-euro":             catalogue.BadCurrency,
	"event-id-of-ten-kilobytes": catalogue.TextTooLong,
	"title-of-one-megabyte":     catalogue.TextTooLong,
	"too-many-zones":            catalogue.TooManyZones,
}

func TestMalformedRecords(t *testing.T) {
	for store, variables := range stores {
		t.Run(store, func(t *testing.T) { malformedRecords(t, openSite(t, variables(t))) })
	}
}

func malformedRecords(t *testing.T, s *site) {
	result, feed := s.misbehave(feedsim.RecordsMalformed)
	require.Empty(t, result.Problem)
	require.Equal(t, string(catalogue.Concluded), result.State, "the rest of the feed is as good as ever")
	s.believes(all)
	assert.Zero(t, feed.Current.Withdrawn)

	rejections := map[string]catalogue.Rejection{} // by title, which is recognisable, or else by base
	for _, r := range s.open() {
		rejections[titleOf(r)] = r
		rejections[r.Identity.Base] = r
	}
	titles := map[string]summary{}
	for _, e := range s.answer() {
		titles[e.Title] = e
	}
	for _, m := range feedsim.MalformedRecords() {
		t.Run(m.Name, func(t *testing.T) {
			why, rejected := malformations[m.Name]
			require.Equal(t, m.Field != "", rejected, "the table lacks it")
			r, found := rejections["Malformed: "+m.Name]
			if !found {
				r, found = rejections["malformed-"+m.Name]
			}
			if !rejected {
				assert.False(t, found, "%s: %s", r.Reason, r.Detail)
				assert.True(t, slices.ContainsFunc(slices.Collect(maps.Keys(titles)), func(title string) bool {
					return strings.HasPrefix(title, "Malformed: "+m.Name)
				}), "its event is not answered")
				return
			}
			require.True(t, found, "nobody rejected it")
			assert.Equal(t, why, r.Reason)
			assert.NotContains(t, titles, "Malformed: "+m.Name)
			assert.True(t, utf8.Valid(r.Original))
			assert.LessOrEqual(t, len(r.Original), catalogue.MaxOriginal)
			assert.NotEmpty(t, r.Original)
			assert.LessOrEqual(t, len(r.Detail), 400, "a person is to read it")
			if why != catalogue.TooManyZones {
				assert.Contains(t, r.Detail, m.Field, "the field is named")
			}
			assert.Equal(t, m.BaseID != "" && m.EventID != "", r.Whole)
		})
	}
	for title := range titles {
		assert.False(t, strings.ContainsFunc(title, func(r rune) bool { return r < ' ' }), "%q", title)
	}
	s.heals(feedsim.RecordsMalformed)
	gone := 0
	for _, c := range s.log() {
		if c.Kind == catalogue.Withdrawn {
			assert.True(t, strings.HasPrefix(c.Event.Facts.Title, "Malformed: "), c.Event.Facts.Title)
			gone++
		}
	}
	assert.Equal(t, len(feedsim.MalformedRecords())-len(malformations), gone, "the good feed lacks those that were taken")
}

// titleOf is the title that a rejected record had.
func titleOf(r catalogue.Rejection) string {
	title := regexp.MustCompile(`"title":"([^"]*)"`).FindSubmatch(r.Original)
	if title == nil {
		return ""
	}
	return string(title[1])
}
