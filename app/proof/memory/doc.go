// Package memory proves that a feed may be far larger than the memory of the process that reads it, with
// events of thousands of zones: the real program reads it, and the kernel says what that took.
//
// The feed has 40 MB unless MARQUEE_PROOF_FEED_MB says otherwise; `make proof-memory` takes 500. The program is the one
// that MARQUEE_PROOF_BINARY names, or is built first: a program with the race detector in it needs several times as much.
package memory
