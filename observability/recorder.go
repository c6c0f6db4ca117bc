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
	maxSeries  = 2048 // of requests to the HTTP API: routes by methods by codes
)

// RecorderOptions say where a Recorder records to.
type RecorderOptions struct {
	// Registry takes the metrics. It may have one Recorder.
	Registry prometheus.Registerer
	// Tracing takes the spans; off when nil.
	Tracing *Tracing
	// Logger gets a line for each request that failed or was slow; discarded when nil.
	Logger *slog.Logger
	// Providers are the ids of the configured providers: the values of the label provider.
	Providers []string
	// Broker names the broker on spans as OpenTelemetry does: nats, rabbitmq, aws_sqs.
	Broker string
	// SlowRequest is how long a request may take before it is logged; one second unless set.
	SlowRequest time.Duration
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
	broker      attribute.KeyValue // invalid when not named
	slow        time.Duration
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
		slow:        cmp.Or(o.SlowRequest, time.Second),
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
		r.broker = semconv.MessagingSystemKey.String(o.Broker)
	}
	for _, id := range o.Providers {
		r.leases[catalogue.LeaseName(id)] = struct{}{}
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
	if r.broker.Valid() {
		span.SetAttributes(r.broker)
	}
}
