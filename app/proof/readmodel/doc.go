// Package readmodel measures what it takes to search from memory: the memory itself, the time until a process does so, the time
// until it shows what was committed, and the processor time that it takes to follow the change log. It has nothing but tests.
//
// Processes are whole ones of the role api, one after the other, on PostgreSQL and on SQLite. On PostgreSQL, who changes the
// catalogue is another process, the test itself; with SQLite it is the process that searches, as it has to be. What is searched is
// ten years of events that a generator makes up, put into the store in large batches, without zones, which no search shows. A
// commit changes 10 to 100 of them, as a chunk of a feed does: one in twenty is new, one in eight of the others moves, all of those have
// another price, and one of them another title.
//
//   - Memory is what the index tells of itself, and what the process holds, collected, more than one that searches in the store.
//   - Loading takes from the start of the process until its index is searched, from the store and from the file that a process
//     wrote when it stopped. Both are told with the processor time that was spent: on a machine that does something else, only that is
//     to be compared.
//   - A commit is visible when a search over HTTP, which had been asked before and whose answer was kept, has what was committed. The
//     time is from the return of the call that committed until that answer is there. Other searches go on meanwhile.
//   - What following costs is the processor time of the searching process in a second, while nothing is asked, while it is searched,
//     and while it is searched and 1,000 changes a second are committed. The first includes what is always done: the index is
//     compared with the store at up to 5,000 events a second. Latencies are from when a question was due to be asked. Bases that are
//     merged show as events that are not recent any more. The most memory includes what is not collected yet.
//
// Who asks, who changes and the database are on the same processors; their time is in no figure, but they are in the way.
//
// The short form is part of the tests: it shows that what is measured happens, and that in the end nothing is held wrongly. It
// judges no speed. The long one prints the figures, and fails where a commit takes longer to be visible than was promised:
//
//	make proof-index EVENTS=1000000
package readmodel
