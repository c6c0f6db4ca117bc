package observability

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// ObserveSearcher watches searches. They get a span inside a sampled trace only.
func ObserveSearcher(next ports.Searcher, rec *Recorder) ports.Searcher {
	return &searcher{next: next, search: rec.call(callSearch)}
}

type searcher struct {
	next   ports.Searcher
	search *call
}

func (s *searcher) Search(ctx context.Context, q catalogue.Query) (page catalogue.Page, err error) {
	ctx, seen := s.search.start(ctx, &err)
	defer seen.done(&err)
	page, err = s.next.Search(ctx, q)
	if seen.recording() {
		seen.span.SetAttributes(attrLimit.Int(q.Limit), attrFound.Int(len(page.Events)))
	}
	return page, err
}
