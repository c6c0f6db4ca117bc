// Package ingest holds the use cases that write: fetch a feed and publish it in
// chunks, apply a chunk, conclude a run.
//
// The fetcher never touches the catalogue and the applier never touches a feed.
// Between them is a broker that delivers at least once and in any order, so
// everything here may be repeated, reordered and interrupted:
//
//   - a chunk of the provider's current run (the highest number seen) writes what changed;
//   - a chunk of an older run only adds events that nobody knows yet, so an older value
//     never wins and nothing that was seen once is lost;
//   - a run is concluded once every chunk that was announced is applied, and only then, and
//     only if the feed was read to its end, is it known which events left it.
package ingest
