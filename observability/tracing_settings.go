package observability

import (
	"cmp"
	"context"
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

// The OTLP protocols.
const (
	protocolHTTP = "http/protobuf"
	protocolGRPC = "grpc"
)

// settings are the standard variables that the OpenTelemetry library leaves to its user. It reads samplers,
// endpoints, headers, time-outs, queue sizes and resource attributes by itself.
type settings struct {
	export     bool
	protocol   string
	propagator propagation.TextMapPropagator
}

func readSettings(ctx context.Context, o TracingOptions) settings {
	env := func(names ...string) string {
		for _, name := range names {
			if v := strings.TrimSpace(o.Getenv(name)); v != "" {
				return v
			}
		}
		return ""
	}
	ignored := func(name, value, allowed string) {
		o.Logger.WarnContext(ctx, "a telemetry setting is ignored", "variable", name, "value", value, "allowed", allowed)
	}

	var s settings
	switch exporter := env("OTEL_TRACES_EXPORTER"); exporter {
	case "otlp":
		s.export = true
	case "":
		s.export = env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT") != ""
	case "none":
	default:
		ignored("OTEL_TRACES_EXPORTER", exporter, "otlp, none")
	}
	if strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") {
		s.export = false
	}

	s.protocol = protocolHTTP
	switch protocol := env("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"); protocol {
	case protocolGRPC:
		s.protocol = protocolGRPC
	case protocolHTTP, "":
	default:
		ignored("OTEL_EXPORTER_OTLP_PROTOCOL", protocol, protocolHTTP+", "+protocolGRPC)
	}

	var propagators []propagation.TextMapPropagator
	for name := range strings.SplitSeq(cmp.Or(env("OTEL_PROPAGATORS"), "tracecontext,baggage"), ",") {
		switch name = strings.TrimSpace(name); name {
		case "tracecontext":
			propagators = append(propagators, propagation.TraceContext{})
		case "baggage":
			propagators = append(propagators, propagation.Baggage{})
		case "none", "":
		default:
			ignored("OTEL_PROPAGATORS", name, "tracecontext, baggage, none")
		}
	}
	s.propagator = propagation.NewCompositeTextMapPropagator(propagators...)
	return s
}
