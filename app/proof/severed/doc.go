// Package severed proves what searching from memory is for: whatever becomes of the database, Redis, the broker and the provider,
// searches are answered, and unchanged. It has nothing but tests.
//
// The processes are the program as it is shipped, one that fetches and consumes and one that answers. What they depend on is real:
// PostgreSQL, Redis and NATS, each a server of the test's own, and a provider of one feed. All four are taken away at the same
// time and under load, in two ways: they are killed, so that connections break and new ones are refused, and they hang, so that
// connections stay and nothing is ever answered.
//
// What has to be answered is what the database said before: a third process, which searches the database, was asked the same
// questions. Each request is a question that nobody asked before: its bounds are some seconds wider than those of one whose answer
// is known, and in these seconds nothing begins or ends. So no answer that is kept helps, and each is compared byte for byte.
//
// The long form keeps them away for longer, and prints how long answers took:
//
//	make proof-severed FOR=2m
package severed
