// Package ports holds the interfaces between the business and the world, one
// file a conversation, small, readers apart from writers.
//
// Errors carry a kind of core/fault; unless a method says otherwise, a dependency
// that is away or too slow is fault.Unavailable, a cancelled context
// fault.Canceled. All implementations may be used from many goroutines at once.
// The contract suites in porttest say the same as tests, and run over every
// implementation.
package ports
