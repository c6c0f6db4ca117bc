package traces

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/observability"
)

// given stands for a value that has to be there, whatever it is.
const given = "…"

// requireConventions checks what OpenTelemetry's semantic conventions, in the version that the names are taken from, require
// of spans of each kind. What they recommend beside it and is left out, is left out on purpose: queries of URLs, which have
// secrets in them, and what strangers say of themselves and of us.
func (s *service) requireConventions(t *testing.T, reading string, c caller) {
	t.Helper()
	spans := append(s.trace(t, reading), s.trace(t, c.traceID)...)
	one := func(name, kind string) span {
		t.Helper()
		i := slices.IndexFunc(spans, func(s span) bool { return s.title() == name && s.kind() == kind })
		require.GreaterOrEqual(t, i, 0, "%s (%s)", name, kind)
		return spans[i]
	}

	requireAttributes(t, one("GET /events", "server"), map[string]string{
		"http.request.method": "GET", "http.route": "/events", "http.response.status_code": "200",
		"url.scheme": "http", "url.path": "/events", "network.protocol.version": "1.1", "user_agent.original": given,
	})
	asked := one("GET", "client")
	requireAttributes(t, asked, map[string]string{
		"http.request.method": "GET", "http.response.status_code": "200", "url.full": given, "server.address": "127.0.0.1", "server.port": given,
	})
	provider, err := url.Parse(asked.Attributes.text("url.full"))
	require.NoError(t, err)
	assert.Equal(t, asked.Attributes.text("server.port"), provider.Port())

	broker := func(operation, kind string) map[string]string {
		return map[string]string{
			"messaging.system": "nats", "messaging.destination.name": "marquee.messages", "messaging.message.id": given,
			"messaging.operation.name": operation, "messaging.operation.type": kind,
		}
	}
	requireAttributes(t, one("publisher.publish", "producer"), broker("publish", "send"))
	requireAttributes(t, one("process chunk", "consumer"), broker("process", "process"))
	requireAttributes(t, one("process completion", "consumer"), broker("process", "process"))
	for _, s := range spans {
		if s.kind() == "consumer" {
			require.Len(t, s.Links, 1, s.Name)
			assert.Equal(t, []string{s.TraceID, s.ParentID}, []string{s.Links[0].TraceID, s.Links[0].SpanID}, "%s is linked with what published it", s.Name)
		}
	}

	for name, system := range map[string]string{
		"ingester.apply": "postgresql", "ingester.complete": "postgresql", "ingester.conclude": "postgresql", "searcher.search": "postgresql",
		"answer_cache.get in redis": "redis", "answer_cache.put in redis": "redis",
	} {
		_, operation, _ := strings.Cut(one(name, "client").Name, ".")
		requireAttributes(t, one(name, "client"), map[string]string{"db.system.name": system, "db.operation.name": operation})
	}
	for _, name := range []string{"BEGIN", "SELECT", "COMMIT"} {
		requireAttributes(t, one(name, "client"), map[string]string{
			"db.system.name": "postgresql", "db.operation.name": name, "db.namespace": given, "db.query.text": given,
			"server.address": given, "server.port": given,
		})
	}
}

func requireAttributes(t *testing.T, s span, want map[string]string) {
	t.Helper()
	for key, value := range want {
		got := s.Attributes.text(key)
		if value == given && got != "" {
			continue
		}
		assert.Equal(t, value, got, "%s of %s (%s)", key, s.Name, s.kind())
	}
}

// requireCatalogue checks all spans that the service itself made, of these traces and of others, against its catalogue.
func (s *service) requireCatalogue(t *testing.T) {
	t.Helper()
	defined := map[string]observability.Span{}
	for _, d := range observability.Spans() {
		defined[d.Name] = d
	}
	routes := strings.NewReplacer("GET /events", "GET {route}")
	for _, s := range s.spans(t) {
		if s.scope != scopeOwn {
			continue
		}
		d, known := defined[routes.Replace(s.Name)]
		if !assert.True(t, known, "the span %q is not in the catalogue", s.Name) {
			continue
		}
		assert.True(t, slices.ContainsFunc(d.Kinds, func(k trace.SpanKind) bool { return k.String() == s.kind() }), "%s is of kind %s", s.Name, s.kind())
		for _, a := range s.Attributes {
			assert.True(t, slices.ContainsFunc(d.Attributes, func(key attribute.Key) bool { return string(key) == a.Key }), "%s has %s", s.Name, a.Key)
		}
	}
}
