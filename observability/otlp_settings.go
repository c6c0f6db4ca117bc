package observability

import (
	"cmp"
	"context"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// The OTLP protocols.
const (
	protocolHTTP = "http/protobuf"
	protocolGRPC = "grpc"
)

// signal is one of the kinds of telemetry that are exported, and the variables that are its own.
type signal struct{ name, exporter, endpoint, protocol string }

var (
	signalTraces = signal{
		name: "traces", exporter: "OTEL_TRACES_EXPORTER",
		endpoint: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", protocol: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
	}
	signalLogs = signal{
		name: "logs", exporter: "OTEL_LOGS_EXPORTER",
		endpoint: "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", protocol: "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
	}
)

// settings are the standard variables that the OpenTelemetry library leaves to its user. It reads samplers,
// endpoints, headers, time-outs, queue sizes and resource attributes by itself.
type settings struct {
	traces, logs otlpSettings
	propagator   propagation.TextMapPropagator
	sampler      sdktrace.Sampler // nil where a standard variable names one, which the library reads
}

// otlpSettings are those of one signal.
type otlpSettings struct {
	export   bool
	protocol string
}

// environment reads variables, and tells of those that mean nothing.
type environment struct {
	ctx     context.Context //nolint:containedctx // lives for one reading, and saves every line of it an argument
	options SetupOptions
}

func readSettings(ctx context.Context, o SetupOptions) settings {
	env := environment{ctx: ctx, options: o}
	s := settings{traces: env.signal(signalTraces), logs: env.signal(signalLogs), propagator: env.propagator()}
	if env.first("OTEL_TRACES_SAMPLER") == "" {
		s.sampler = defaultSampler()
	}
	if strings.EqualFold(env.first("OTEL_SDK_DISABLED"), "true") {
		s.traces.export, s.logs.export = false, false
	}
	return s
}

// first is the value of the first variable that has one.
func (e environment) first(names ...string) string {
	for _, name := range names {
		if v := strings.TrimSpace(e.options.Getenv(name)); v != "" {
			return v
		}
	}
	return ""
}

func (e environment) ignored(name, value, allowed string) {
	e.options.Logger.WarnContext(e.ctx, "a telemetry setting is ignored", "variable", name, "value", value, "allowed", allowed)
}

func (e environment) signal(of signal) otlpSettings {
	s := otlpSettings{protocol: protocolHTTP}
	switch exporter := e.first(of.exporter); exporter {
	case "otlp":
		s.export = true
	case "":
		s.export = e.first(of.endpoint, "OTEL_EXPORTER_OTLP_ENDPOINT") != ""
	case "none":
	default:
		e.ignored(of.exporter, exporter, "otlp, none")
	}
	switch protocol := e.first(of.protocol, "OTEL_EXPORTER_OTLP_PROTOCOL"); protocol {
	case protocolGRPC:
		s.protocol = protocolGRPC
	case protocolHTTP, "":
	default:
		e.ignored(of.protocol+" or OTEL_EXPORTER_OTLP_PROTOCOL", protocol, protocolHTTP+", "+protocolGRPC)
	}
	return s
}

func (e environment) propagator() propagation.TextMapPropagator {
	var propagators []propagation.TextMapPropagator
	for name := range strings.SplitSeq(cmp.Or(e.first("OTEL_PROPAGATORS"), "tracecontext,baggage"), ",") {
		switch name = strings.TrimSpace(name); name {
		case "tracecontext":
			propagators = append(propagators, propagation.TraceContext{})
		case "baggage":
			propagators = append(propagators, propagation.Baggage{})
		case "none", "":
		default:
			e.ignored("OTEL_PROPAGATORS", name, "tracecontext, baggage, none")
		}
	}
	return propagation.NewCompositeTextMapPropagator(propagators...)
}
