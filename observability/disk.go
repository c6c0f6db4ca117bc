package observability

import "github.com/prometheus/client_golang/prometheus"

// ObserveDisk tells how much room there is on the disk of a folder whenever metrics are gathered. Where that cannot be
// told, the metrics are absent.
func ObserveDisk(reg prometheus.Registerer, folder string) {
	reg.MustRegister(diskCollector{folder: folder, free: metricDiskFree.desc(), size: metricDiskSize.desc()})
}

type diskCollector struct {
	folder     string
	free, size *prometheus.Desc
}

func (c diskCollector) Describe(to chan<- *prometheus.Desc) {
	to <- c.free
	to <- c.size
}

func (c diskCollector) Collect(to chan<- prometheus.Metric) {
	free, size, err := room(c.folder)
	if err != nil {
		return
	}
	to <- prometheus.MustNewConstMetric(c.free, prometheus.GaugeValue, free)
	to <- prometheus.MustNewConstMetric(c.size, prometheus.GaugeValue, size)
}
