// Package alerts says when somebody is told, and when somebody is woken: the objectives of the service, and the rules
// for Prometheus that follow from them. deploy/prometheus/rules/marquee.yml is written from it.
//
// Somebody is woken (severity page) for what users notice or are about to notice: searches that fail or are slow faster
// than the objectives allow, a catalogue that stands still although the provider answers, a disk that is about to be
// full, nobody there to answer. Everything else is a ticket, for the next working day. Each alert says what happened, which
// dashboard shows it and where its runbook entry is; what is only a symptom of another says of which (label symptom_of),
// so that Alertmanager can keep it back while the other one is known.
//
// All durations pass through a Pace, so that a proof can have the same rules in seconds.
package alerts
