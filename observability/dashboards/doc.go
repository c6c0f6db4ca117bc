// Package dashboards is what operators look at: five Grafana dashboards over the metrics of package observability.
//
// They are written here, as data, and the files in deploy/grafana/dashboards are made from them by
// `go test ./observability/dashboards -update`. As data they can be held against the metrics that there are, so that no
// panel asks for a name that was changed, and every query can be run by a program that is no Grafana: see
// Dashboard.Queries and Query.Runnable.
//
// What holds:
//
//   - Each panel has a unit, and one sentence that says what to look for.
//   - The overview is one screen and answers one question: are users fine? The others say why not.
//   - From every graph there is a way to the logs and the traces of the same time, and from every graph of durations to
//     traces that are examples of them.
//   - A series is filtered by the name of the scrape's job only where every program has it (up, go_*, process_*).
package dashboards
