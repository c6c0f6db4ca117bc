// Package panelstest draws what people on call see, for the documentation: dashboards from their definitions and the data
// of a real Prometheus, a trace from the spans that a collector received, and messages from what was sent to Slack.
//
// It is no Grafana, and each picture says so at its foot: the places, titles, units, colours and questions are those of the
// dashboards, the lines are drawn here.
package panelstest
