package observability

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// ObserveReadModel watches the searches of what is held in memory, and nothing else of it. They get a span inside a sampled trace
// only.
func ObserveReadModel(next ports.ReadModel, rec *Recorder) ports.ReadModel {
	return &readModel{ReadModel: next, searches: searcher{next: next, search: rec.call(callIndexSearch)}}
}

type readModel struct {
	ports.ReadModel
	searches searcher
}

func (m *readModel) Search(ctx context.Context, q catalogue.Query) (catalogue.Page, error) {
	return m.searches.Search(ctx, q)
}
