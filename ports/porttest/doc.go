// Package porttest holds one contract suite per port: what the port's comments
// promise, as tests. Every implementation runs the suite of its port, the small
// in-memory ones included, so that a fake which passes may stand for the real
// thing in the tests of a use case.
package porttest
