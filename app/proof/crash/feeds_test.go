package crash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/marquee-events/marquee/adapters/feedsim"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// longTexts make several chunks of a few events, so that the databases have little to do. They stand at the base
// event, and count with each of its events.
var longTexts = fmt.Sprintf(`<base_event url="https://provider.example/%[1]s" image="https://provider.example/%[1]s" `, strings.Repeat("a", 4000))

// steps are what passes from one snapshot to the next, over and over. In the first, events come and go for minutes; the long
// one takes so many away at once that the withdrawal is held until three readings agree.
var steps = []time.Duration{20 * time.Minute, 6 * time.Hour, 40 * 24 * time.Hour, 26 * time.Hour, 3 * 24 * time.Hour}

// snapshots are the states of the feed, the same in every history. They are made when they are asked for.
var snapshots struct {
	sync.Mutex
	made []snapshot
}

func snapshotAt(k int) snapshot {
	snapshots.Lock()
	defer snapshots.Unlock()
	for len(snapshots.made) <= k {
		snapshots.made = append(snapshots.made, newSnapshot(len(snapshots.made)))
	}
	return snapshots.made[k]
}

// snapshot is a document that a provider may serve.
type snapshot struct {
	number   int
	xml      string
	listings func() map[event.ID]listed
}

func newSnapshot(k int) snapshot {
	provider, err := feedsim.New(feedsim.Options{Seed: 5, Events: *size})
	if err != nil {
		panic(err)
	}
	moment := time.Date(2027, time.March, 1, 12, 0, 0, 0, time.UTC)
	for i := range k {
		moment = moment.Add(steps[i%len(steps)])
	}
	var feed strings.Builder
	if _, err := provider.At(moment).WriteTo(&feed); err != nil {
		panic(err)
	}
	const end = "</output>"
	document := strings.Replace(feed.String(), end, oddities(k)+end, 1)
	s := snapshot{number: k, xml: strings.ReplaceAll(document, "<base_event ", longTexts)}
	s.listings = sync.OnceValue(s.decode)
	return s
}

// oddities are what a simulated provider does too rarely to be met at each point.
func oddities(k int) string {
	var b strings.Builder
	offer := func(id, mode, day, price string) {
		fmt.Fprintf(&b, `<base_event base_event_id="%s" sell_mode="%s" title="Oddity %s"><event event_id="1" event_start_date="2027-%sT20:00:00" `+
			`event_end_date="2027-12-31T20:00:00" sold_out="false"><zone zone_id="1" capacity="5" price="%s" name="All" numbered="false"/></event></base_event>`,
			id, mode, id, day, price)
	}
	if k%3 != 1 {
		offer("comes-and-goes", "online", "05-01", "10")
	}
	if k%2 == 0 {
		offer("comes-and-goes-changed", "online", "05-02", strconv.Itoa(10+k))
		offer("offline-now-and-then", "online", "05-03", "12.50")
		offer("right-now-and-then", "online", "05-04", strconv.Itoa(20+k))
	} else {
		offer("offline-now-and-then", "offline", "05-03", "12.50")
		offer("right-now-and-then", "online", "02-30", "1")
		offer("never-right", "online", "02-31", "1")
	}
	if k >= 2 {
		offer("late-"+strconv.Itoa(k), "online", "06-01", "0")
	}
	return b.String()
}

// Fleeting events are in one reading of the feed and in no other. When the process that read them is dead, only the broker
// knows of them.
const (
	fleeting = "fleeting-"
	places   = 8 // in the document, so that each chunk has one
)

func isFleeting(i event.Identity) bool { return strings.HasPrefix(i.Base, fleeting) }

// seenBy is the snapshot with fleeting events for one run: everywhere, or in one place.
func (s snapshot) seenBy(run catalogue.RunNumber, everywhere bool) snapshot {
	var b strings.Builder
	rest := s.xml
	for i := range places {
		if !everywhere && i != int(run)%places {
			continue
		}
		const base = "<base_event "
		from := len(s.xml)*i/places - (len(s.xml) - len(rest))
		cut := max(0, from) + strings.Index(rest[max(0, from):], base)
		b.WriteString(rest[:cut])
		fmt.Fprintf(&b, `<base_event base_event_id="%s%d-%d" sell_mode="online" title="Now or never"><event event_id="1" event_start_date="2027-07-01T20:00:00" `+
			`event_end_date="2027-07-01T21:00:00" sold_out="false"/></base_event>`, fleeting, run, i)
		rest = rest[cut:]
	}
	b.WriteString(rest)
	s.xml = b.String()
	return s
}

// ETag names the bytes, but for what is fleeting.
func (s snapshot) ETag() string { return "snapshot-" + strconv.Itoa(s.number) }

// WriteTo writes the XML.
func (s snapshot) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, s.xml)
	return int64(n), err
}

// answer is a snapshot as a provider gives it.
type answer struct {
	snapshot
	stalled <-chan struct{} // not nil: it pauses in the middle until then, and breaks off
}

func (a answer) Fetch() (feedsim.Document, error)   { return a, nil }
func (a answer) Current() (feedsim.Document, error) { return a, nil }

func (a answer) WriteTo(w io.Writer) (int64, error) {
	if a.stalled == nil {
		return a.snapshot.WriteTo(w)
	}
	n, err := io.WriteString(w, a.xml[:len(a.xml)/2])
	if err == nil {
		<-a.stalled
		err = errors.New("the provider broke off")
	}
	return int64(n), err
}

// request is a reading of the feed that waits for its answer.
type request struct {
	run    catalogue.RunNumber
	ctx    context.Context //nolint:containedctx // of the HTTP request
	answer chan answer     // holds one
}

// provide serves a feed whose every request is answered by whoever receives it from the channel.
func provide(t *testing.T) (url string, requests <-chan request) {
	t.Helper()
	asked := make(chan request)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number, _ := strconv.ParseInt(r.URL.Query().Get(runParameter), 10, 64)
		wish := request{catalogue.RunNumber(number), r.Context(), make(chan answer, 1)}
		select {
		case asked <- wish:
		case <-r.Context().Done():
			return
		}
		select {
		case a := <-wish.answer:
			feedsim.Handler(a).ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL, asked
}
