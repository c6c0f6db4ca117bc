// Package throughput measures how fast a feed becomes a catalogue, and what each part of the way costs. It has nothing but
// tests, and none of them fails because a machine is slow: speed is a figure, not a verdict.
//
// Everything is real and a process of its own: a fetcher, a consumer, a NATS server that forces each message to
// disk, and a PostgreSQL that forces each commit to disk. All of them share the processors of this machine. The provider
// is the test itself, which serves a document from memory that was written before.
//
// Three readings of the feed are measured, each from the moment when it is asked for to that when its run is concluded: all
// events are new, nothing has changed (the provider knows no ETag, so all of it is read), and every price has changed. The
// kernel says how much time the processes spent on a processor meanwhile. What PostgreSQL does later for the same
// events (checkpoints, vacuuming) is in no figure.
//
// The short form is part of the tests, and shows that what is measured happens. The long one prints the figures:
//
//	make proof-throughput EVENTS=100000 CONSUMERS=2
package throughput
