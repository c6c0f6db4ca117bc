// Package prooftest is what proofs with several processes share: a test binary that starts itself again as a process of the
// service, the lines that such processes say, and how much is the same.
package prooftest
