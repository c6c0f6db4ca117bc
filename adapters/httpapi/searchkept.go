package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// Answers is the use case that keeps rendered answers.
type Answers interface {
	// Answer returns the answer that key names and that is about the range: one that is kept, or what load makes.
	Answer(ctx context.Context, key ports.AnswerKey, about event.TimeRange, load search.Load) (search.Served, error)
}

// answer brings an answer that is kept, or else what load makes.
func (o *operations) answer(ctx context.Context, key ports.AnswerKey, about event.TimeRange, load search.Load) (search.Served, error) {
	return o.answerOf(ctx, o.answers, key, about, load)
}

func (o *operations) answerOf(ctx context.Context, kept Answers, key ports.AnswerKey, about event.TimeRange, load search.Load) (search.Served, error) {
	if kept != nil {
		return kept.Answer(ctx, key, about, load)
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	made, err := load(ctx)
	return search.Served{Made: made}, err
}

var errTooLarge = errors.New("too large to be kept")

// leastSummary is less than the fields of any event take, in bytes.
const leastSummary = 128

// makeSearch writes the answer where it can be kept.
func makeSearch(page catalogue.Page) search.Made {
	if len(page.Events) > ports.MaxAnswer/leastSummary {
		return search.Made{At: page.At, Page: page}
	}
	if page.Quick && len(page.Events) <= maxPageSize {
		return search.Made{At: page.At, Release: page.Release, Write: newWriter(nil, func(b []byte) []byte {
			b, _ = appendSearch(b, page.Events, inOne) // which has no errors
			return b
		})}
	}
	var err error
	body := newWriter(nil, func(b []byte) []byte {
		b, err = appendSearch(b, page.Events, func(b []byte) ([]byte, error) {
			if len(b) > ports.MaxAnswer {
				return b, errTooLarge
			}
			return b, nil
		})
		return b
	}).written()
	if err != nil || len(body) > ports.MaxAnswer {
		return search.Made{At: page.At, Page: page}
	}
	return search.Made{At: page.At, Body: body}
}

// searchAnswer is an answer of /search and how it came about.
type searchAnswer struct {
	key    ports.AnswerKey
	served search.Served
	*sender
}

// VisitSearchEventsResponse writes the answer. The error is the connection's.
func (a searchAnswer) VisitSearchEventsResponse(w http.ResponseWriter) error {
	if isWritten(a.served) {
		return a.kept(w, a.served)
	}
	a.headers(w.Header(), a.served)
	// The version says as much as a body would, and is known before that is written.
	tag := tagOf(append(a.key[:], a.served.At.String()...))
	return a.pieces(w, tag, func(b []byte, flush flush) ([]byte, error) {
		return appendSearch(b, a.served.Page.Events, flush)
	})
}

// cacheStatus is how the answer came about, for people who look (RFC 9211).
func cacheStatus(s search.Served) string {
	b := append(make([]byte, 0, 64), "Marquee; "...)
	if s.Source == search.Near || s.Source == search.Far {
		if s.Stale {
			// It was asked for anew, in vain.
			b = append(b, "fwd=stale; fwd-status=503"...)
		} else {
			b = append(b, "hit"...)
		}
		b = append(b, "; ttl="...)
		b = strconv.AppendInt(b, int64(floor(s.Left, time.Second)), 10)
		if s.Source == search.Near {
			return string(append(b, "; detail=memory"...))
		}
		return string(append(b, "; detail=redis"...))
	}
	if s.Outdated {
		b = append(b, "fwd=stale"...)
	} else {
		b = append(b, "fwd=uri-miss"...)
	}
	if s.Source == search.Joined {
		b = append(b, "; collapsed"...)
	} else if s.Kept {
		b = append(b, "; stored"...)
	}
	return string(b)
}

func floor(d, unit time.Duration) time.Duration {
	if d%unit < 0 {
		return d/unit - 1
	}
	return d / unit
}

// searchKey names the answer of a search: what it is about, and how this version of the service writes it, so
// that two versions that share a cache do not serve each other's.
func searchKey(r event.TimeRange) ports.AnswerKey {
	return sha256.Sum256(appendRange(append(make([]byte, 0, 64), handwriting[:]...), r))
}

// appendRange appends a range so that no two are alike.
func appendRange(b []byte, r event.TimeRange) []byte {
	for _, bound := range [...]event.Bound{r.From, r.To} {
		unix, set := bound.Unix()
		b = strconv.AppendBool(b, set)
		b = binary.BigEndian.AppendUint64(b, uint64(unix)) //nolint:gosec // all 64 bits are kept
	}
	return b
}

// handwriting is the hash of how an answer is written that shows everything that answers have. What is not to be seen
// in it, and still changes answers, has to change the number.
var handwriting = func() [sha256.Size]byte {
	b, _ := appendSearch([]byte("2"), []event.Event{{}, showsAll}, inPieces(nil)) // shorter than a piece
	return sha256.Sum256(b)
}()

// showsAll is an event that has everything that answers show.
var showsAll = event.Event{
	Identity:  event.Identity{Provider: "default"},
	FirstSeen: time.UnixMilli(1625079600123), Revision: 3,
	Facts: event.Facts{
		Title: "<\"\\/\n\u2028é🎭\x00\xff>",
		Start: event.MomentAt(1625079600, 7200), End: event.MomentAt(1625086800, -3600), TimeZone: "Europe/Madrid",
		SoldOut: true, Prices: event.PriceRange{Known: true, Min: 1, Max: event.MaxPrice}, Currency: "EUR",
		Category: "music", City: "Madrid", URL: "/291", Venue: "WiZink", Image: "/291.png", Organizer: "1", SellMode: event.Online,
		SaleStart: event.MomentAt(1625000000, 7200), SaleEnd: event.MomentAt(1625070000, 7200), Capacity: 12,
	},
	Available: true,
}
