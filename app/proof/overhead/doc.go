// Package overhead measures what it costs the public API to be watched: metrics, spans of one trace in ten exported over OTLP,
// logs, and the limit on requests. It has nothing but tests.
//
// The same binary runs as several processes, each with its own copy of the same catalogue: one with all of that off, and one as it
// is shipped; between these, in the long form, one more for each thing that is turned on. All answer the same questions at
// the same rate, in turns of half a second, over connections that stay. Most questions have been asked before, and one of ten never.
//
// The kernel says how long each process was on a processor. Spans leave a process some seconds after the requests that they are of,
// so an account is taken of rounds of several turns, the time between them included, and in each round metrics are read once. What
// a process takes while nobody asks is measured before, and taken off. What the collector takes, who asks, and whoever reads
// the logs are in no figure: they are the test itself.
//
// What is all off is composed for this purpose: the service as shipped counts and times itself whatever is set. It leaves out
// what observes the way of a request, and the limiter.
//
// The short form is part of the tests; it shows that both answer the same and that one is watched, and judges no speed. The long
// one prints the figures, and fails where being watched costs more than was promised:
//
//	make proof-overhead RATE=1000 RARE=10
//
// RARE is one of how many questions was never asked before; with 0 all answers are kept ones, which is where watching shows most.
package overhead
