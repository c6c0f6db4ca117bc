// Package archtest holds the direction of imports. The rules are a table, in rules_test.go, that reads as
// the architecture does; it is applied to every package of the module.
//
// An import of production code must be allowed by its package's row. Tests may reach further, since a small
// real adapter makes a better stand-in than a mock, but outside app they too stay clear of app and of fx: what
// can only be tested when it is wired cannot be used without the wiring either.
package archtest
