// Package postgres is the event store for several processes. The rules are those of sqlstore; here are connections,
// transactions and what only PostgreSQL has.
//
// Reads and writes have pools of their own, so that neither starves the other, and whoever waits for a connection
// waits two seconds at most. Searches read from one snapshot and wait for no writer. Writers of one provider
// share or exclude each other by an advisory lock (see sqlstore.Tx), which is the first thing that a
// transaction takes; rows are locked after it, the counter of the change log last.
//
// Runs, leases and time-outs of leases go by the database's clock, so the clocks of the processes may differ.
//
// News of the change log come by LISTEN. Where they do not (a pooler between, a connection that broke), whoever awaits
// them looks by itself four times a second.
package postgres
