package observability

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/marquee-events/marquee/core/search"
)

// Index is the catalogue in memory, as far as those are concerned who watch it. It may be asked from many goroutines.
type Index interface{ State() search.ModelState }

// ObserveIndex tells how an index stands whenever metrics are gathered: who asks hears of the lag of that moment.
func ObserveIndex(reg prometheus.Registerer, index Index) {
	reg.MustRegister(indexCollector{
		index: index, phase: metricIndexPhase.desc(), events: metricIndexEvents.desc(), bytes: metricIndexBytes.desc(), recent: metricIndexRecent.desc(),
		lag: metricIndexLag.desc(), behind: metricIndexBehind.desc(), audited: metricIndexAudited.desc(),
	})
}

type indexCollector struct {
	index                                              Index
	phase, events, bytes, recent, lag, behind, audited *prometheus.Desc
}

func (c indexCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.phase, c.events, c.bytes, c.recent, c.lag, c.behind, c.audited} {
		to <- d
	}
}

func (c indexCollector) Collect(to chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := c.index.State()
	for _, p := range search.ModelPhases() {
		in := 0.0
		if p == s.Phase {
			in = 1
		}
		tell(c.phase, in, string(p))
	}
	tell(c.events, float64(s.Size.Events))
	tell(c.bytes, float64(s.Size.Bytes))
	tell(c.recent, float64(s.Size.Recent))
	tell(c.behind, float64(s.Behind))
	if s.Phase == search.ModelFollowing {
		tell(c.lag, s.Lag.Seconds())
	}
	if !s.Audited.IsZero() {
		tell(c.audited, float64(s.Audited.UnixMilli())/1000)
	}
}

// IndexStatus is how an index stands, as the detailed status tells it.
type IndexStatus struct {
	Phase      search.ModelPhase `json:"phase"`
	Version    string            `json:"version,omitempty"` // what is held; empty for nothing
	Events     int               `json:"events"`
	Recent     int               `json:"recent"`
	Bytes      int64             `json:"bytes"`
	Behind     int64             `json:"behind"`
	LagSeconds float64           `json:"lag_seconds"`
	Problem    string            `json:"problem,omitempty"`
	Audited    *time.Time        `json:"audited,omitempty"` // absent while it was never wholly compared with the store
	Wrong      int64             `json:"wrong"`
}

// NewIndexStatus tells the state of an index to those who read JSON.
func NewIndexStatus(s search.ModelState) IndexStatus {
	status := IndexStatus{
		Phase: s.Phase, Events: s.Size.Events, Recent: s.Size.Recent, Bytes: s.Size.Bytes,
		Behind: s.Behind, LagSeconds: s.Lag.Seconds(), Problem: s.Problem, Wrong: s.Wrong,
	}
	if s.At.Number != 0 || s.At.Tag != 0 {
		status.Version = s.At.String()
	}
	if !s.Audited.IsZero() {
		status.Audited = new(s.Audited.UTC())
	}
	return status
}
