// Package searchcost measures what a search costs that nobody asked before, beside what net/http takes to send the same bytes. It
// has nothing but tests.
//
// One process is the API as it is shipped, metrics, logs and the limiter included, over a catalogue of EVENTS in memory. The other
// is net/http and nothing else: it was told a few hundred of the first one's answers, headers and all, and gives one after the other,
// whatever it is asked. Both are asked over a few connections that stay, as fast as they answer, in turns, and no question is ever
// repeated. The kernel says how long each process was on a processor; what asks is in no figure.
//
// Ranges of a day to a year are what is compared with net/http. Ranges of nearly everything, of which the first page and the
// 10,000th are asked for, are compared with each other.
//
// The short form is part of the tests; it shows that answers are right, and that both send the same bytes, and judges no speed. The
// long one prints the figures, and fails where a search costs more than was promised:
//
//	make proof-search-cost EVENTS=1000000
package searchcost
