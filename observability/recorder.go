package observability

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/core/catalogue"
)

const scope = "github.com/marquee-events/marquee/observability"

// How many values open labels may have.
const (
	maxRoutes  = 64
	maxClasses = 16
	maxChecks  = 16
	maxSeries  = 2048 // of requests to the HTTP API: routes by methods by codes
)

// RecorderOptions say where a Recorder records to.
type RecorderOptions struct {
	// Registry takes the metrics. It may have one Recorder.
	Registry prometheus.Registerer
	// Tracing takes the spans; off when nil.
	Tracing *Tracing
	// Logger gets a line for each request that failed or was slow, and for some of the others; discarded when nil.
	Logger *slog.Logger
	// Providers are the ids of the configured providers: the values of the label provider.
	Providers []string
	// Intervals are from one fetch of a provider to the next, by its id.
	Intervals map[string]time.Duration
	// Roles are what the process does.
	Roles []string
	// Broker names the broker on spans as OpenTelemetry does: nats, rabbitmq, aws_sqs.
	Broker string
	// Destination is where messages wait at the broker: a queue, or what it has in place of one.
	Destination string
	// Store names the event store on spans as OpenTelemetry does: sqlite, postgresql.
	Store string
	// SlowRequest is how long a request may take before it is logged; one second unless set.
	SlowRequest time.Duration
	// LogSample is of how many usual requests one is logged at info level: 1 logs all of them, 0 none.
	LogSample int
	// Clock tells the time of day; time.Now unless set. Durations do not depend on it.
	Clock func() time.Time
}

// Recorder is what all decorators record to. It may be used from many goroutines.
type Recorder struct {
	instruments
	tracing     *Tracing
	tracer      trace.Tracer // nil while tracing is off
	log         *slog.Logger
	providerIDs []string
	providers   fixedValues
	leases      fixedValues
	routes      firstValues
	classes     firstValues
	checks      firstValues
	broker      []attribute.KeyValue // what is named of it
	store       attribute.KeyValue   // invalid when not named
	slow        time.Duration
	logSample   int64
	clock       func() time.Time
}

// NewRecorder makes a recorder and registers the metrics of the catalogue. It panics when the registry
// has them already.
func NewRecorder(o RecorderOptions) *Recorder {
	r := &Recorder{
		instruments: newInstruments(o.Registry),
		tracing:     o.Tracing,
		log:         o.Logger,
		providerIDs: o.Providers,
		providers:   fixed(o.Providers...),
		leases:      fixedValues{},
		routes:      first(maxRoutes),
		classes:     first(maxClasses),
		checks:      first(maxChecks),
		slow:        cmp.Or(o.SlowRequest, time.Second),
		logSample:   int64(o.LogSample),
		clock:       o.Clock,
	}
	if r.tracing == nil {
		r.tracing = NewTracing(nil, nil)
	}
	if r.tracing.On() {
		r.tracer = r.tracing.Provider().Tracer(scope)
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.clock == nil {
		r.clock = time.Now
	}
	if o.Broker != "" {
		r.broker = append(r.broker, semconv.MessagingSystemKey.String(o.Broker))
	}
	if o.Destination != "" {
		r.broker = append(r.broker, semconv.MessagingDestinationName(o.Destination))
	}
	if o.Store != "" {
		r.store = semconv.DBSystemNameKey.String(o.Store)
	}
	for _, id := range o.Providers {
		r.leases[catalogue.LeaseName(id)] = struct{}{}
	}
	for id, every := range o.Intervals {
		r.feedInterval.WithLabelValues(r.providers.label(id)).Set(every.Seconds())
	}
	for _, role := range o.Roles {
		r.roles.WithLabelValues(role).Set(1)
	}
	metricTelemetryErrors.counterFunc(o.Registry, r.tracing.errorCount)
	return r
}

// startFromZero makes the series of every configured provider, so that the first event of a kind is an
// increase and not a new series.
func (r *Recorder) startFromZero(v *prometheus.CounterVec, values ...string) {
	for _, id := range r.providerIDs {
		if len(values) == 0 {
			v.WithLabelValues(id)
		}
		for _, value := range values {
			v.WithLabelValues(id, value)
		}
	}
}

func (r *Recorder) nameBroker(span trace.Span) {
	span.SetAttributes(r.broker...)
}
