// Package sqlite is the embedded event store: one file, one writing connection,
// many reading ones.
//
// Every method of a port is one transaction. Writers queue for the single writing
// connection, readers work on a snapshot (write-ahead log) and wait for nobody.
// A committed transaction is synced to disk, so it outlives the process and the
// power supply.
//
// Times are milliseconds since the epoch but for an event's own, which are seconds.
package sqlite
