package wiring

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
)

// index is the catalogue in memory, as far as those are concerned who watch it. It is nil in a process that keeps none.
type index struct{ observability.Index }

func newIndex(m model) index {
	if m.Model == nil {
		return index{}
	}
	return index{m}
}

// answers reports whether searches are answered from memory at the moment.
func (i index) answers() bool { return i.Index != nil && i.State().Phase == search.ModelFollowing }

// status is how the index stands, nil where there is none.
func (i index) status() *observability.IndexStatus {
	if i.Index == nil {
		return nil
	}
	return new(observability.NewIndexStatus(i.State()))
}

func observeIndex(registry *prometheus.Registry, i index) {
	if i.Index != nil {
		observability.ObserveIndex(registry, i)
	}
}

// dependsOn has the probes tell of a dependency. A process that answers searches is ready as long as it can do that, with its
// dependencies or without them; another one is ready with all of them.
func dependsOn(roles Roles, probes *observability.Probes, name string, ask func(context.Context) error) {
	if roles.API {
		probes.Watch(name, 0, ask)
		return
	}
	probes.Add(name, 0, ask)
}

// requireSearch has a process be ready while it can answer searches.
func requireSearch(probes *observability.Probes, i index, store Catalogue) {
	probes.Require("search", 0, searchable(i.answers, store.Ping))
}

// searchable is nil while searches are answered from memory, else what the store says: it answers them then.
func searchable(fromMemory func() bool, store func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if fromMemory() {
			return nil
		}
		return store(ctx)
	}
}
