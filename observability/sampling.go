package observability

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// sampledRequests is the share of requests whose traces are recorded where nothing else is said.
const sampledRequests = 0.1

// defaultSampler follows whoever calls. Where nobody has decided it records one in ten requests, of which there are many that
// are alike, and every reading of a feed, of which there is one a minute.
func defaultSampler() sdktrace.Sampler {
	return sdktrace.ParentBased(rootSampler{requests: sdktrace.TraceIDRatioBased(sampledRequests), others: sdktrace.AlwaysSample()})
}

type rootSampler struct{ requests, others sdktrace.Sampler }

// ShouldSample decides by what the trace begins with.
func (s rootSampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	if p.Kind == trace.SpanKindServer {
		return s.requests.ShouldSample(p)
	}
	return s.others.ShouldSample(p)
}

// Description is for who asks the library what it does.
func (s rootSampler) Description() string {
	return "requests:" + s.requests.Description() + ",others:" + s.others.Description()
}
