// Package server gives tests the real servers that they need, PostgreSQL and Redis, and tells where a browser is.
//
// Most tests share one of each, which the program in the folder above starts for a whole test run: [SharedPostgres]
// and [SharedRedis]. A test that takes a server away, or wants settings of its own, starts one for itself:
// [StartPostgres] and [StartRedis].
//
// Servers are looked for in this order: a Docker engine that answers; binaries in PATH, and for PostgreSQL the newest
// below /usr/lib/postgresql, where Debian keeps them. Where there are none a test is skipped, unless
// MARQUEE_TEST_SERVERS=required says that it has to run, as under `make test`: then it fails. With -short all of them
// are skipped.
//
// Servers listen on 127.0.0.1 only, keep their data in a temporary folder, and end with whoever started them, also if
// that is killed. They lose nothing when they are killed; a crash of the machine is not among what they are made for.
package server
