// Package rediscache keeps answers in Redis, where all processes find them.
//
// Redis is never needed: whatever it does, an answer costs its time-out at most, some milliseconds, and after a few
// failures in a row nothing, because a breaker leaves the server alone for some seconds and then lets one call try it.
//
// An entry is a string with a time to live, so any policy of eviction is fine; allkeys-lru is meant. What is found
// is not trusted: no more is read than an entry can have, nothing is unpacked beyond the length that the entry tells,
// and what has another form counts as absent.
package rediscache
