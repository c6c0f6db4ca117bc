// Package sqlstore is the event store in SQL, the same for every engine that runs it: the rules by which runs,
// chunks and people change the catalogue, and what is read from it. An engine brings connections,
// transactions, its schema, and the few things that engines do differently; see Database and Tx.
//
// Statements are written in what SQLite and PostgreSQL have in common. Parameters are $1, $2 and so on, truth
// is a column by itself (WHERE available), and columns that ON CONFLICT changes are named with their table.
//
// Every method of a port is one transaction. Of one provider, chunks of its current run are applied side by side,
// because they never share an event; everything else that writes is alone. Two deliveries of one chunk
// meet at the key of run_chunks, where the second fails and is tried again.
//
// Times are milliseconds since the epoch but for an event's own, which are seconds.
package sqlstore
