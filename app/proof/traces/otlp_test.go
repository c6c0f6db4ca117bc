package traces

// OTLP as JSON, as far as it is looked at.

type exportedTraces struct {
	ResourceSpans []struct {
		Resource   resource `json:"resource"`
		ScopeSpans []struct {
			Scope struct {
				Name string `json:"name"`
			} `json:"scope"`
			Spans []span `json:"spans"`
		} `json:"scopeSpans"`
	} `json:"resourceSpans"`
}

type exportedLogs struct {
	ResourceLogs []struct {
		ScopeLogs []struct {
			LogRecords []record `json:"logRecords"`
		} `json:"scopeLogs"`
	} `json:"resourceLogs"`
}

type resource struct {
	Attributes attributes `json:"attributes"`
}

type span struct {
	TraceID    string     `json:"traceId"`
	SpanID     string     `json:"spanId"`
	ParentID   string     `json:"parentSpanId"`
	Name       string     `json:"name"`
	Kind       int        `json:"kind"`
	Start      uint64     `json:"startTimeUnixNano,string"`
	Attributes attributes `json:"attributes"`
	Links      []struct {
		TraceID string `json:"traceId"`
		SpanID  string `json:"spanId"`
	} `json:"links"`

	role  string // of the process that exported it
	scope string // the library that made it
}

// kinds of spans, as OTLP numbers them.
var kinds = []string{"unspecified", "internal", "server", "client", "producer", "consumer"}

func (s span) kind() string { return kinds[s.Kind] }

type record struct {
	TraceID    string     `json:"traceId"`
	SpanID     string     `json:"spanId"`
	Body       value      `json:"body"`
	Attributes attributes `json:"attributes"`
}

// attributes are a list in OTLP, and not a map.
type attributes []struct {
	Key   string `json:"key"`
	Value value  `json:"value"`
}

// value has one of these; a whole number is a text in JSON, because it may be larger than JSON's numbers are.
type value struct {
	String *string `json:"stringValue"`
	Int    *string `json:"intValue"`
	Bool   *bool   `json:"boolValue"`
}

// text is an attribute as it reads, empty where there is none.
func (a attributes) text(key string) string {
	for _, kv := range a {
		if kv.Key == key {
			return kv.Value.text()
		}
	}
	return ""
}

func (v value) text() string {
	switch {
	case v.String != nil:
		return *v.String
	case v.Int != nil:
		return *v.Int
	case v.Bool != nil && *v.Bool:
		return "true"
	case v.Bool != nil:
		return "false"
	}
	return ""
}
