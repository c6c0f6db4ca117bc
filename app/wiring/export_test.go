package wiring

import (
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/observability"
)

// WithIndex has a process keep the index that is told.
func WithIndex(i observability.Index) fx.Option { return fx.Replace(index{i}) }

// Origin is what tells catalogues apart.
var Origin = origin
