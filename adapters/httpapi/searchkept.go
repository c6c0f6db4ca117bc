package httpapi

import (
	"bytes"
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

// keptSearch answers a search from what is kept, and makes what is not.
func (o *operations) keptSearch(ctx context.Context, within event.TimeRange) (SearchEventsResponseObject, error) {
	served, err := o.answers.Answer(ctx, searchKey(within), within, func(ctx context.Context) (search.Made, error) {
		page, err := o.events.All(ctx, within)
		if err != nil {
			return search.Made{}, err
		}
		return makeSearch(page), nil
	})
	if err != nil {
		return nil, err
	}
	return keptAnswer{served: served, pace: o.pace}, nil
}

var errTooLarge = errors.New("too large to be kept")

// makeSearch writes the answer where it can be kept.
func makeSearch(page catalogue.Page) search.Made {
	piece, _ := pieces.Get().(*[]byte) // it holds nothing else
	var body []byte
	rest, err := appendSearch((*piece)[:0], page.Events, inPieces(func(b []byte) error {
		if len(body)+len(b) > ports.MaxAnswer {
			return errTooLarge
		}
		body = append(body, b...)
		return nil
	}))
	made := search.Made{At: page.At, Page: page}
	if err == nil && len(body)+len(rest) <= ports.MaxAnswer {
		if body == nil {
			body = bytes.Clone(rest)
		} else {
			body = append(body, rest...)
		}
		made = search.Made{At: page.At, Body: body}
	}
	keepPiece(piece, rest)
	return made
}

// keptAnswer is an answer of /search and how it came about.
type keptAnswer struct {
	served search.Served
	pace   pace
}

// VisitSearchEventsResponse writes the answer. The error is the connection's.
func (a keptAnswer) VisitSearchEventsResponse(w http.ResponseWriter) error {
	w.Header().Set("Cache-Status", cacheStatus(a.served))
	body := a.served.Body
	if body == nil {
		return searchAnswer{events: a.served.Page.Events, pace: a.pace}.VisitSearchEventsResponse(w)
	}
	return writeKept(w, body, a.pace)
}

// writeKept writes a body that is whole.
func writeKept(w http.ResponseWriter, body []byte, pace pace) error {
	answerHeaders(w.Header(), cacheBriefly)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	reader := pace.start(w)
	for len(body) > pieceSize {
		if err := reader.send(body[:pieceSize]); err != nil {
			return err
		}
		body = body[pieceSize:]
	}
	return reader.send(body)
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
	} else if s.Body != nil {
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
	b, _ := appendSearch([]byte("1"), []event.Event{{}, showsAll}, inPieces(nil)) // shorter than a piece
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
