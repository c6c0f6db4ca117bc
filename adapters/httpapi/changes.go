package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// Changes is the use case behind /changes.
type Changes interface {
	// Head is the last version.
	Head(ctx context.Context) (catalogue.Version, error)
	// After returns at most limit changes after a version, in order, and waits for some where there are none. A version
	// of another history is fault.Gone.
	After(ctx context.Context, v catalogue.Version, limit int, wait time.Duration) (search.ToldChanges, error)
}

const (
	defaultChanges = 100
	maxChanges     = 1000
	maxWait        = 30 // seconds
)

// latest stands for a cursor to the end of the log.
const latest = "latest"

// ListChanges answers GET /changes.
func (o *operations) ListChanges(ctx context.Context, request ListChangesRequestObject) (ListChangesResponseObject, error) {
	p := request.Params
	var r reading
	after := r.after(p.After)
	limit := r.number("limit", p.Limit, 1, maxChanges, defaultChanges)
	wait := r.number("wait", p.Wait, 0, maxWait, 0)
	if r.err != nil {
		return nil, r.err
	}
	var err error
	if p.After != nil && *p.After == latest {
		if after, err = o.changes.Head(ctx); err != nil {
			return nil, err
		}
	}
	told, err := o.changes.After(ctx, after, limit, time.Duration(wait)*time.Second)
	if fault.Is(err, fault.Gone) {
		return nil, &fault.Error{
			Kind: fault.Gone, Field: "after", Cause: err,
			Message: "after is of another history of the catalogue, of which this one is no continuation; read from the start, without after",
		}
	}
	if err != nil {
		return nil, err
	}
	return changesAnswer{after: after, told: told, sender: o.sender}, nil
}

// changesAnswer is a part of the log.
type changesAnswer struct {
	after catalogue.Version
	told  search.ToldChanges
	*sender
}

// VisitListChangesResponse writes the answer. It is not kept by anyone: each reader asks for it once. The error is the
// connection's.
func (a changesAnswer) VisitListChangesResponse(w http.ResponseWriter) error {
	answerHeaders(w.Header(), cacheNever)
	if a.told.Waited > 0 {
		// Whoever times answers has to know that this one did not take so long because it could not be quicker.
		w.Header().Set("Server-Timing", "wait;dur="+strconv.FormatInt(a.told.Waited.Milliseconds(), 10))
	}
	return a.pieces(w, "", func(b []byte, flush flush) ([]byte, error) {
		next := a.after
		b = append(b, `{"changes":[`...)
		for i := range a.told.Changes {
			if i > 0 {
				b = append(b, ',')
			}
			next = a.told.Changes[i].Version
			var err error
			if b, err = flush(appendChange(b, &a.told.Changes[i])); err != nil {
				return b, err
			}
		}
		b = append(b, `],"next":"`...)
		b = appendChangesCursor(b, next)
		b = append(b, `","more":`...)
		b = strconv.AppendBool(b, next.Number < a.told.Head.Number)
		return append(b, "}\n"...), nil
	})
}

// appendChange appends an entry of the log.
func appendChange(b []byte, c *catalogue.Change) []byte {
	b = append(b, `{"cursor":"`...)
	b = appendChangesCursor(b, c.Version)
	b = append(b, `","kind":`...)
	b = appendText(b, string(c.Kind))
	b = append(b, `,"at":`...)
	b = appendTime(b, c.At)
	b = append(b, `,"event":`...)
	return append(appendState(b, &c.Event), "}}"...)
}
