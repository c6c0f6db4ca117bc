// Package fleet proves that several processes work as one service. It has nothing but tests.
//
// Three processes answer, three consume and two fetch; between them are a real PostgreSQL, Redis and NATS server. The clocks of
// a fetcher and of two consumers are an hour wrong. While they read one issue of a feed after the other, the fetcher that leads
// is killed in the middle of the feed, and consumers with a chunk in hand. All the time, somebody asks those
// that answer, and gets an answer. In the end:
//
//   - A model, which knows of chunks only which one came late, says from the feed alone what the catalogue has to hold and each
//     change that the log has to show, no more and no fewer. The store and all APIs, one of which searches in memory, agree with it, and the APIs with each
//     other to the byte.
//   - The other fetcher led within fifteen seconds, and nobody but the one that led has ever read the feed.
//   - What was committed was seen in the answers of all APIs within a second.
//   - The times of all runs are the database's.
//
// The processes are this test binary, executed again. It composes the product and stands at its ports with decorators, so
// the product has no hook for this.
//
// Two more tests are about the schema: processes that find an empty database at the same time, and the version from before
// the newest migration, which reads and writes beside this one, before that migration, while it is applied, and after it. That
// version is built from the history of the clone.
//
// The short form is part of the tests. The long one is
//
//	make proof-fleet RUNS=10 SEED=7
//
// and prints what happened. It holds the fleet to the second; the short one is more patient, because other tests
// go on beside it.
package fleet
