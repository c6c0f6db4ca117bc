package observability

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// MetricType is the type of a metric as Prometheus knows it.
type MetricType string

// The types of metric.
const (
	TypeCounter   MetricType = "counter"
	TypeGauge     MetricType = "gauge"
	TypeHistogram MetricType = "histogram"
)

// Label is a label of a metric and what bounds its values.
type Label struct {
	Name   string
	Help   string
	Values []string // all that there are; nil where the set is not fixed here
	Bound  string   // what bounds an open set; empty for a fixed one
}

// Metric is the definition of a metric.
type Metric struct {
	Name    string
	Type    MetricType
	Unit    string // the base unit of the value, or what is counted
	Help    string
	Labels  []Label
	Buckets []float64 // upper bounds, of a histogram
}

// Call is a method of a port. Each has a row in the metrics of ports and, where it is traced, a span named
// port.method.
type Call struct {
	Port, Method string
	Kind         trace.SpanKind
	Help         string
	// Store calls go to the event store: their spans say what the conventions ask of a call to a database.
	Store bool
	// Layered calls stay in the process, but for one layer: there they go to a database, and their spans are of kind client.
	Layered bool
	// Hot calls are made by every request, or every few moments by a loop that waits for something: they
	// get a span inside a sampled trace only, and never start one.
	Hot bool
	// Untraced calls last as long as the process and have no span and no duration.
	Untraced   bool
	Attributes []attribute.Key
}

// Name is the name of the call's span.
func (c Call) Name() string { return c.Port + "." + c.Method }

// Span is the definition of a span.
type Span struct {
	Name       string
	Kinds      []trace.SpanKind // more than one where only some of them leave the process
	Help       string
	Attributes []attribute.Key
}

// Attribute is the definition of an attribute of spans.
type Attribute struct {
	Key  attribute.Key
	Help string
}

// other stands for every label value that is not in its set.
const other = "other"

// Values of labels that are not the kind of an error.
const (
	changeAdded     = string(catalogue.Added)
	changeUpdated   = string(catalogue.Updated)
	changeWithdrawn = string(catalogue.Withdrawn)
	changeReturned  = string(catalogue.Returned)

	chunkApplied  = "applied"
	chunkRepeated = "repeated"
	chunkLate     = "late"

	deliveryAcked    = "acked"
	deliveryRetried  = "retried"
	deliveryPanicked = "panicked"

	fetchNotModified = "not_modified"

	connInUse = "in_use"
	connIdle  = "idle"

	cacheHit   = "hit"
	cacheMiss  = "miss"
	cacheError = "error"

	answerMemory = LayerMemory
	answerRedis  = LayerRedis
	answerLoaded = "loaded"
	answerJoined = "joined"
	answerStale  = "stale"

	limitAllowed = "allowed"
	limitRefused = "refused"

	stateAvailable = "available"
	stateKnown     = "known"

	parkPanic      = "panic"
	parkCrashes    = "crashes"
	parkUnreadable = "unreadable"

	codeCanceled = "499" // the client went away before there was an answer; not a code of the protocol
	codeNone     = "none"
)

// The layers in which answers are kept.
const (
	LayerMemory = "memory"
	LayerRedis  = "redis"
)

// roleNames are the roles that a process may have.
var roleNames = []string{"api", "fetch", "consume"}

// codeClasses are the classes of status codes; class other has what is none.
var codeClasses = []string{"1xx", "2xx", "3xx", "4xx", "5xx", other}

// httpMethods are the methods that labels and spans tell apart.
var httpMethods = []string{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}

// auditNames are the ways in which an index is looked at.
var auditNames = []string{search.AuditItself, search.AuditStore}

func phaseNames() []string {
	var names []string
	for _, p := range search.ModelPhases() {
		names = append(names, string(p))
	}
	return names
}

func kindNames() []string {
	var names []string
	for _, k := range fault.Kinds() {
		names = append(names, k.String())
	}
	return names
}

func reasonNames() []string {
	var names []string
	for _, r := range catalogue.Reasons() {
		names = append(names, string(r))
	}
	return append(names, other)
}

func callNames(part func(Call) string) []string {
	var names []string
	for _, c := range Calls() {
		names = append(names, part(c))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
