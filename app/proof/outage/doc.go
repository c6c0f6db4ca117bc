// Package outage proves that a dependency may be away for as long as it likes: nothing is parked, nothing that was
// seen is lost, nothing happens twice, and search goes on.
//
// The dependencies are real: a NATS server that is shut down and started again under the same address, and a database
// that somebody else has locked. How long they are away is MARQUEE_PROOF_OUTAGE, some seconds unless it is set;
// `make proof-outage` takes an hour. What an hour does to the waiting itself is tested by core/ingest in time
// that passes at once.
package outage
