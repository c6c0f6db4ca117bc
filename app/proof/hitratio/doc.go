// Package hitratio measures how many questions are answered from what is kept while a feed keeps changing. It has nothing
// but tests; ratios are figures, and none fails for being small.
//
// Answers are kept twice, by the same code over the same store: once as the product does it, where a change drops the
// answers about the days that it touches, and once as a cache would that drops everything at every change, for which
// the change log is retold so that every change touches every day. Both are asked the same questions, by HTTP without a
// network, and read what the same ingest changes. Time is a number that the test sets, so a run can be repeated.
//
// Whatever is served from what was kept is compared with an answer that is made at that moment: none may differ by a byte.
//
// In each second a run changes some events; once that is known to both, questions are asked. The run is one that does not
// reach the end of its feed, because the rest of it, which has not changed, would take most of the time and leave no trace
// in the change log.
//
// The short form is part of the tests. The long one prints the ratios:
//
//	make proof-hit-ratio
package hitratio
