package observability

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/marquee-events/marquee/ports"
)

// ObservePools tells of pools of connections whenever metrics are gathered.
func ObservePools(reg prometheus.Registerer, pools ...ports.Pools) {
	reg.MustRegister(poolCollector{
		pools: pools, connections: metricPoolConnections.desc(), most: metricPoolMost.desc(),
		waits: metricPoolWaits.desc(), waited: metricPoolWaited.desc(), refused: metricPoolRefused.desc(),
	})
}

type poolCollector struct {
	pools                                     []ports.Pools
	connections, most, waits, waited, refused *prometheus.Desc
}

func (c poolCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.connections, c.most, c.waits, c.waited, c.refused} {
		to <- d
	}
}

func (c poolCollector) Collect(to chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, t, v, labels...)
	}
	for _, all := range c.pools {
		for _, p := range all.Pools() {
			tell(c.connections, prometheus.GaugeValue, float64(p.InUse), p.Name, connInUse)
			tell(c.connections, prometheus.GaugeValue, float64(p.Idle), p.Name, connIdle)
			tell(c.most, prometheus.GaugeValue, float64(p.Most), p.Name)
			tell(c.waits, prometheus.CounterValue, float64(p.Waits), p.Name)
			tell(c.waited, prometheus.CounterValue, p.WaitedFor.Seconds(), p.Name)
			tell(c.refused, prometheus.CounterValue, float64(p.Unanswered), p.Name)
		}
	}
}
