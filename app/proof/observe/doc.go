// Package observe is the proof that whoever is on call would be told. A real Prometheus and a real Alertmanager, with the
// configuration that is shipped, watch real processes of the service under load; faults are done to the service and to
// what it depends on, and each alert has to become pending, fire, reach the stand-ins for Slack and Microsoft Teams with a
// message that says what to do, and be resolved after the fault is over. Durations of the rules are shortened, from the same source.
//
// The short form, among the tests, is one process and three alerts. The long form, make proof-observe, is a process for
// each role on PostgreSQL, Redis and NATS, every alert, every query of every rule and of every panel of the dashboards.
package observe
