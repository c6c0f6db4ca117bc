package archtest

import "slices"

// rule is one row: what the packages that match it may import, beyond the standard library.
//
// Packages of ours are named by their path inside the module, other libraries by their import path. A trailing
// "/..." takes in everything below as well, as it does for the go command; "*" stands for one path element.
type rule struct {
	packages string
	ours     []string // packages of this module
	others   []string // libraries
	not      []string // exceptions to others
	because  string
}

var (
	leaves = []string{"core/event", "core/fault", "core/catalogue"}

	nothing  = []string(nil)
	anything = []string{"..."}

	text   = []string{"golang.org/x/text/..."}
	wiring = []string{"go.uber.org/fx/...", "go.uber.org/dig/..."}

	// What records and ships telemetry. The OpenTelemetry API alone is not in the list.
	telemetry = []string{
		"github.com/prometheus/...",
		"go.opentelemetry.io/otel/sdk/...",
		"go.opentelemetry.io/otel/exporters/...",
		"go.opentelemetry.io/contrib/...",
		"github.com/getsentry/...",
	}
)

// rules is the architecture. The first row that matches a package is its row, so the narrower stands first.
var rules = []rule{
	{
		packages: "core/fault",
		ours:     nothing, others: nothing,
		because: "a leaf: everybody speaks of errors, so what it needs everybody needs",
	},
	{
		packages: "core/event",
		ours:     []string{"core/fault"}, others: text,
		because: "a leaf: what an event is depends on nothing but what can be wrong with one",
	},
	{
		packages: "core/catalogue",
		ours:     []string{"core/event", "core/fault"}, others: text,
		because: "a leaf: what crosses a port is made of events and errors only",
	},
	{
		packages: "core/...",
		ours:     slices.Concat(leaves, []string{"ports"}), others: text,
		because: "a use case reaches the world through ports, so that any adapter will do and none is needed to test it",
	},
	{
		packages: "ports",
		ours:     leaves, others: nothing,
		because: "a port is a conversation in the core's own words; one that names a library has chosen its adapter",
	},
	{
		packages: "ports/porttest/...",
		ours:     []string{"core/...", "ports", "ports/porttest/..."},
		others:   []string{"github.com/stretchr/testify/...", "go.uber.org/goleak", "pgregory.net/rapid"},
		because:  "a contract may drive a port as a use case does, and knows no adapter: else it would let the others off",
	},
	{
		packages: "adapters/internal/...",
		ours:     []string{"core/...", "ports", "adapters/internal/..."},
		others:   anything, not: slices.Concat(wiring, telemetry),
		because: "what several adapters share knows none of them",
	},
	{
		packages: "adapters/*/...",
		ours:     []string{"core/...", "ports", "adapters/internal/...", own},
		others:   anything, not: slices.Concat(wiring, telemetry),
		because: "an adapter can be taken out and replaced: others, fx and telemetry are joined to it from outside",
	},
	{
		packages: "observability/dashboards",
		ours:     []string{"observability"}, others: []string{"github.com/grafana/grafana-foundation-sdk/go/..."},
		because: "a dashboard knows what is told of Marquee, and nothing of what is inside",
	},
	{
		packages: "observability/promqltest",
		ours:     []string{"observability"}, others: []string{"github.com/VictoriaMetrics/metricsql"},
		because: "questions are held against the metrics that there are, and nothing else",
	},
	{
		packages: "observability/reference",
		ours:     nothing, others: nothing,
		because: "it is tests of pages, and nobody may come to need them",
	},
	{
		packages: "observability/...",
		ours:     []string{"core/...", "ports", "observability/..."},
		others:   anything, not: wiring,
		because: "telemetry wraps ports, so it sees every adapter alike",
	},
	{
		packages: "app/...",
		ours:     anything, others: anything,
		because: "the composition root: the one place that knows what is wired to what",
	},
	{
		packages: "tools/testservers/...",
		ours:     []string{"tools/testservers/server"}, others: anything,
		because: "the tests of any package may stand on it, so it stands on none of them",
	},
	{
		packages: "tools/browsertest",
		ours:     []string{"tools/testservers/server"}, others: anything,
		because: "likewise; where a browser is, is known there",
	},
	{
		packages: "tools/panelstest",
		ours:     []string{"observability/dashboards", "tools/browsertest"}, others: anything,
		because: "what is drawn for the documentation is drawn from what is shipped, and knows nothing else of the service",
	},
}

// own stands for the adapter that the importing package belongs to: adapters/sqlite for
// adapters/sqlite/migrations.
const own = "(own)"

// rulesForTests is what test code may not import, for every package outside app.
var rulesForTests = rule{
	ours:   []string{"core/...", "ports/...", "adapters/...", "observability/...", "tools/testservers/server", "tools/browsertest"},
	others: anything, not: wiring,
	because: "what can only be tested when it is wired cannot be used without the wiring either",
}
