// Package crash proves that a process may be killed at any moment. It has nothing but tests.
//
// Whole processes (HTTP, decoder, broker, database, all as they are shipped) read a feed and are killed by SIGKILL:
// at each of the points where the data changes hands, and at random ones. Each is started again at once. The feed moves
// on only when a reading of it was concluded. In the end there must be no difference to a catalogue that was never
// disturbed:
//
//   - A model, which is a page of code and knows nothing of chunks, runs or transactions, says from the
//     feeds alone what the catalogue has to hold, and each change that the log has to show, no more and no fewer.
//   - A process that nobody killed says every field of every event, change and rejection.
//
// The process that is killed is this test binary, executed again. It composes the product and stands at its ports with
// decorators, so the product itself has no hook for this. points_test.go is the table of the points, and the
// page to read first.
//
// The short form is part of the tests. The long one is
//
//	make proof-crash KILLS=100 SEED=7
//
// and prints where the processes died. A seed repeats the moments that were drawn, though not what the
// scheduler makes of them.
package crash
