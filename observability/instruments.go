package observability

import "github.com/prometheus/client_golang/prometheus"

// instruments are the metrics of the catalogue, made and registered.
type instruments struct {
	portCalls    *prometheus.CounterVec
	portDuration *prometheus.HistogramVec

	httpRequests   *prometheus.CounterVec
	httpDuration   *prometheus.HistogramVec
	httpInFlight   prometheus.Gauge
	clientRequests *prometheus.CounterVec
	clientDuration *prometheus.HistogramVec
	limitDecisions *prometheus.CounterVec

	answerLookups  *prometheus.CounterVec
	answers        *prometheus.CounterVec
	answersDropped *prometheus.CounterVec
	answerBreaker  *prometheus.GaugeVec
	following      *prometheus.GaugeVec
	behind         *prometheus.GaugeVec

	indexFills         *prometheus.CounterVec
	indexAudits        *prometheus.CounterVec
	indexAuditedEvents *prometheus.CounterVec
	indexWrongEvents   *prometheus.CounterVec
	indexMismatches    *prometheus.CounterVec
	indexWrites        *prometheus.CounterVec

	roles        *prometheus.GaugeVec
	dependencyUp *prometheus.GaugeVec

	feedInterval   *prometheus.GaugeVec
	feedAnswered   *prometheus.GaugeVec
	feedFailed     *prometheus.GaugeVec
	fetches        *prometheus.CounterVec
	feedBytes      *prometheus.CounterVec
	feedRecords    *prometheus.CounterVec
	damagedRecords *prometheus.CounterVec
	lastConcluded  *prometheus.GaugeVec
	feedEvents     *prometheus.GaugeVec
	openRejections *prometheus.GaugeVec
	heldEvents     *prometheus.GaugeVec
	feedRetries    *prometheus.CounterVec
	feedBreaker    *prometheus.GaugeVec

	runsBegun     *prometheus.CounterVec
	runsRefused   *prometheus.CounterVec
	runs          *prometheus.CounterVec
	runDuration   *prometheus.HistogramVec
	eventsChanged *prometheus.CounterVec
	chunks        *prometheus.CounterVec
	skipped       *prometheus.CounterVec
	rejections    *prometheus.CounterVec

	published          *prometheus.CounterVec
	publishedBytes     *prometheus.CounterVec
	deliveries         *prometheus.CounterVec
	redeliveries       *prometheus.CounterVec
	deliveryDuration   *prometheus.HistogramVec
	deliveryWait       *prometheus.HistogramVec
	deliveriesInFlight prometheus.Gauge
	backlog            *prometheus.GaugeVec
	backlogAge         *prometheus.GaugeVec
	parkedNow          *prometheus.GaugeVec
	parked             *prometheus.CounterVec

	changesRead *prometheus.CounterVec
	changeHead  *prometheus.GaugeVec
	leaseHeld   *prometheus.GaugeVec
}

func newInstruments(reg prometheus.Registerer) instruments {
	return instruments{
		portCalls:    metricPortCalls.counter(reg),
		portDuration: metricPortDuration.histogram(reg),

		httpRequests:   metricHTTPRequests.counter(reg),
		httpDuration:   metricHTTPDuration.histogram(reg),
		httpInFlight:   metricHTTPInFlight.gauge(reg).WithLabelValues(),
		clientRequests: metricClientRequests.counter(reg),
		clientDuration: metricClientDuration.histogram(reg),
		limitDecisions: metricLimitDecisions.counter(reg),

		answerLookups:  metricAnswerLookups.counter(reg),
		answers:        metricAnswers.counter(reg),
		answersDropped: metricAnswersDropped.counter(reg),
		answerBreaker:  metricAnswerBreaker.gauge(reg),
		following:      metricFollowing.gauge(reg),
		behind:         metricBehind.gauge(reg),

		indexFills:         metricIndexFills.counter(reg),
		indexAudits:        metricIndexAudits.counter(reg),
		indexAuditedEvents: metricIndexAuditedEvents.counter(reg),
		indexWrongEvents:   metricIndexWrongEvents.counter(reg),
		indexMismatches:    metricIndexMismatches.counter(reg),
		indexWrites:        metricIndexWrites.counter(reg),

		roles:        metricRole.gauge(reg),
		dependencyUp: metricDependencyUp.gauge(reg),

		feedInterval:   metricFeedInterval.gauge(reg),
		feedAnswered:   metricFeedAnswered.gauge(reg),
		feedFailed:     metricFeedFailed.gauge(reg),
		fetches:        metricFetches.counter(reg),
		feedBytes:      metricFeedBytes.counter(reg),
		feedRecords:    metricFeedRecords.counter(reg),
		damagedRecords: metricDamagedRecords.counter(reg),
		lastConcluded:  metricLastConcluded.gauge(reg),
		feedEvents:     metricFeedEvents.gauge(reg),
		openRejections: metricOpenRejections.gauge(reg),
		heldEvents:     metricHeldEvents.gauge(reg),
		feedRetries:    metricFeedRetries.counter(reg),
		feedBreaker:    metricFeedBreaker.gauge(reg),

		runsBegun:     metricRunsBegun.counter(reg),
		runsRefused:   metricRunsRefused.counter(reg),
		runs:          metricRuns.counter(reg),
		runDuration:   metricRunDuration.histogram(reg),
		eventsChanged: metricEventsChanged.counter(reg),
		chunks:        metricChunks.counter(reg),
		skipped:       metricSkipped.counter(reg),
		rejections:    metricRejections.counter(reg),

		published:          metricPublished.counter(reg),
		publishedBytes:     metricPublishedBytes.counter(reg),
		deliveries:         metricDeliveries.counter(reg),
		redeliveries:       metricRedeliveries.counter(reg),
		deliveryDuration:   metricDeliveryDuration.histogram(reg),
		deliveryWait:       metricDeliveryWait.histogram(reg),
		deliveriesInFlight: metricDeliveriesInFlight.gauge(reg).WithLabelValues(),
		backlog:            metricBacklog.gauge(reg),
		backlogAge:         metricBacklogAge.gauge(reg),
		parkedNow:          metricParkedNow.gauge(reg),
		parked:             metricParked.counter(reg),

		changesRead: metricChangesRead.counter(reg),
		changeHead:  metricChangeHead.gauge(reg),
		leaseHeld:   metricLeaseHeld.gauge(reg),
	}
}
