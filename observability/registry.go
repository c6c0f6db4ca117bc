package observability

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Build is what is running. Empty fields are taken from what the Go tool wrote into the binary.
type Build struct {
	Version  string
	Revision string
}

// NewRegistry makes a registry of our own with the metrics of the Go runtime, the process and the build. Nothing
// is registered globally, so that a process, or a test, may have several.
func NewRegistry(b Build) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	b = b.orStamped()
	metricBuildInfo.gauge(reg).WithLabelValues(b.Version, b.Revision, runtime.Version()).Set(1)
	return reg
}

func (b Build) orStamped() Build {
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = cmp.Or(b.Version, info.Main.Version)
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = cmp.Or(b.Revision, s.Value)
			}
		}
	}
	b.Version, b.Revision = cmp.Or(b.Version, "unknown"), cmp.Or(b.Revision, "unknown")
	return b
}

func (m Metric) labelNames() []string {
	names := make([]string, len(m.Labels))
	for i, l := range m.Labels {
		names[i] = l.Name
	}
	return names
}

// counter makes and registers the metric. Registering one name twice is a mistake of the program, and panics.
func (m Metric) counter(reg prometheus.Registerer) *prometheus.CounterVec {
	m.mustBe(TypeCounter)
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Name, Help: m.Help}, m.labelNames())
	reg.MustRegister(v)
	return v
}

func (m Metric) counterFunc(reg prometheus.Registerer, count func() float64) {
	m.mustBe(TypeCounter)
	reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: m.Name, Help: m.Help}, count))
}

func (m Metric) gauge(reg prometheus.Registerer) *prometheus.GaugeVec {
	m.mustBe(TypeGauge)
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.Name, Help: m.Help}, m.labelNames())
	reg.MustRegister(v)
	return v
}

func (m Metric) histogram(reg prometheus.Registerer) *prometheus.HistogramVec {
	m.mustBe(TypeHistogram)
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: m.Name, Help: m.Help, Buckets: m.Buckets,
		NativeHistogramBucketFactor: nativeFactor, NativeHistogramMaxBucketNumber: nativeBuckets, NativeHistogramMinResetDuration: time.Hour,
	}, m.labelNames())
	reg.MustRegister(v)
	return v
}

// Beside the classic buckets a histogram has native ones, for those who scrape with protobuf: each is a tenth wider than
// the one before, and there are no more of them than this.
const (
	nativeFactor  = 1.1
	nativeBuckets = 160
)

// desc describes the metric to a collector that makes it whenever it is asked.
func (m Metric) desc() *prometheus.Desc {
	return prometheus.NewDesc(m.Name, m.Help, m.labelNames(), nil)
}

func (m Metric) mustBe(t MetricType) {
	if m.Type != t {
		panic("observability: " + m.Name + " is defined as a " + string(m.Type) + ", not as a " + string(t))
	}
}
