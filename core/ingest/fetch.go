package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Fetcher reads a feed and publishes it: chunks, then one completion.
type Fetcher struct {
	feed      ports.Feed
	publisher ports.Publisher
}

// NewFetcher reads from feed and publishes to publisher.
func NewFetcher(feed ports.Feed, publisher ports.Publisher) *Fetcher {
	return &Fetcher{feed: feed, publisher: publisher}
}

// Fetched is what a run brought to the broker.
type Fetched struct {
	Completion catalogue.Completion
	Announced  bool // the completion is published
	Records    int  // handed over by the feed
	Damaged    int  // of these, not well formed
	Bytes      int64
}

// Fetch reads the source's feed as the given run. Its memory does not grow with the feed, but for an ID for
// each event that was seen.
//
// A feed that ends badly is published as far as it came, with a completion that says why, and its
// error is returned. When nothing can be published, or ctx ends, there is no completion: the run stays
// open and the next one supersedes it.
func (f *Fetcher) Fetch(ctx context.Context, s catalogue.Source, run catalogue.Begun) (Fetched, error) {
	r := reading{fetcher: f, ctx: ctx, source: s, seen: map[event.ID]struct{}{}}
	r.bundler = bundler{
		chunk: Chunk{Run: run.Run, TimeZone: s.Location.String(), Currency: s.Currency},
		emit:  r.publishChunk,
	}
	receipt, err := f.feed.Fetch(ctx, s, run.Last, r.take)
	if r.lost == nil {
		r.lost = r.bundler.flush()
	}
	done := Fetched{Records: r.records, Damaged: r.damaged, Bytes: receipt.Bytes, Completion: catalogue.Completion{
		Run: run.Run, Chunks: r.bundler.chunk.Number, ReadToEnd: err == nil,
		NotModified: receipt.NotModified, Validators: receipt.Validators,
	}}
	if r.lost != nil {
		return done, fmt.Errorf("publish run %s: %w", run.Run, r.lost)
	}
	if err != nil {
		if fault.Is(err, fault.Canceled) {
			return done, err
		}
		done.Completion.Failure = err.Error()
	}
	if lost := f.complete(ctx, done.Completion); lost != nil {
		return done, fmt.Errorf("publish the completion of run %s: %w", run.Run, lost)
	}
	done.Announced = true
	return done, err
}

// reading is one Fetch under way.
type reading struct {
	fetcher *Fetcher
	ctx     context.Context //nolint:containedctx // it lives as long as the call that it belongs to
	source  catalogue.Source
	bundler bundler
	seen    map[event.ID]struct{}
	records int
	damaged int
	lost    error // why nothing can be published any more
}

func (r *reading) take(record catalogue.Record) error {
	r.records++
	if record.Damaged {
		r.damaged++
	}
	boundIDs(&record)
	if identity, whole := record.Identity(r.source.ID); whole {
		id := identity.ID()
		if _, twice := r.seen[id]; twice {
			record = stub(record, catalogue.Duplicate)
		}
		r.seen[id] = struct{}{}
	}
	r.lost = r.bundler.add(record)
	return r.lost
}

// maxID is the most of an id, in bytes. A longer one is cut here, before anything is derived from it, so that
// the event is the same one wherever it is looked at; it is rejected, but counts as seen.
const maxID = 256

func boundIDs(r *catalogue.Record) {
	for _, id := range [...]struct {
		fields *catalogue.Fields
		name   string
	}{{&r.Base, catalogue.BaseID}, {&r.Event, catalogue.EventID}} {
		for i, f := range *id.fields {
			if f.Name == id.name && len(f.Value) > maxID {
				*id.fields = slices.Clone(*id.fields) // they may be shared with other records
				(*id.fields)[i].Value = cut(f.Value, maxID)
				r.Flaw, r.FlawedField = catalogue.TextTooLong, id.name
			}
		}
	}
}

// cut is the beginning of s, at most so many bytes, without half a character at its end.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

func (r *reading) publishChunk(number int, body []byte) error {
	return r.fetcher.publisher.Publish(r.ctx, ports.Message{
		ID: fmt.Sprintf("%s/%d", r.bundler.chunk.Run, number), Kind: ports.KindChunk, Body: body,
	})
}

func (f *Fetcher) complete(ctx context.Context, c catalogue.Completion) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode completion: %w", err)
	}
	return f.publisher.Publish(ctx, ports.Message{ID: c.Run.String() + "/end", Kind: ports.KindCompletion, Body: body})
}

// DecodeCompletion reads the body of a completion message. Anything else is fault.Invalid.
func DecodeCompletion(body []byte) (catalogue.Completion, error) {
	var c catalogue.Completion
	if err := json.Unmarshal(body, &c); err != nil {
		return c, &fault.Error{Kind: fault.Invalid, Message: "read completion", Cause: err}
	}
	if c.Run.Provider == "" || c.Run.Number <= 0 || c.Chunks < 0 {
		return c, fault.New(fault.Invalid, "read completion: it names no run")
	}
	return c, nil
}
