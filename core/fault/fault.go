// Package fault names the few kinds of error that the business distinguishes.
//
// A kind decides three things, each in one place: the HTTP status of an answer,
// whether a message is retried or parked, and the value of a metric label.
// Adapters translate their driver's errors into a kind at their own edge; nobody
// else looks at a driver's error. An error without a kind is Internal: ours to
// mend, never the caller's to understand.
package fault

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kind says what an error means to whoever receives it.
type Kind uint8

const (
	// None is the kind of a nil error.
	None Kind = iota
	// Invalid input: the same call fails again, the caller has to change it.
	Invalid
	// NotFound: what was asked for does not exist.
	NotFound
	// Gone: it existed, or the position asked from belongs to another history.
	Gone
	// Conflict: the state of things does not allow it at the moment.
	Conflict
	// Unavailable: a dependency is away or too slow; the same call may succeed later.
	Unavailable
	// Canceled: the caller went away; nobody failed.
	Canceled
	// Internal: everything else.
	Internal
)

var kindNames = [...]string{
	None: "ok", Invalid: "invalid", NotFound: "not_found", Gone: "gone", Conflict: "conflict",
	Unavailable: "unavailable", Canceled: "canceled", Internal: "internal",
}

// Kinds are all kinds, for tables that have to be complete.
func Kinds() []Kind {
	return []Kind{None, Invalid, NotFound, Gone, Conflict, Unavailable, Canceled, Internal}
}

// String is the snake_case name of the kind, stable: it is a label value and part of log lines.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Internal]
}

// Error is an error with a kind.
type Error struct {
	Kind Kind
	// Field is the name of the input that is wrong, as its sender knows it; empty where no single one is.
	Field string
	// Code refines the kind for programs, in snake_case; empty where the kind says it all.
	Code string
	// Message is for people and safe to show to the caller.
	Message string
	// RetryAfter is how long to wait before the next attempt; zero where nothing is known.
	RetryAfter time.Duration
	// Cause is for the log and never shown to a caller.
	Cause error
}

// Error is the message, followed by the cause where there is one.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// New makes an error of a kind. A %w in the format becomes part of the message that callers see;
// what they must not see goes into Wrap.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// InvalidField is an Invalid error that names the input at fault.
func InvalidField(field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Wrap gives cause a kind and says what was attempted ("read events"). A nil cause stays nil, and
// a cancelled context stays Canceled whatever kind is asked for: a driver that reports it as
// its own failure must not be counted as one. A deadline is Unavailable: something was too slow.
func Wrap(kind Kind, attempted string, cause error) error {
	switch {
	case cause == nil:
		return nil
	case errors.Is(cause, context.Canceled):
		kind = Canceled
	case errors.Is(cause, context.DeadlineExceeded):
		kind = Unavailable
	}
	return &Error{Kind: kind, Message: attempted, Cause: cause}
}

// KindOf reads the kind through any amount of wrapping.
func KindOf(err error) Kind {
	if err == nil {
		return None
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	switch {
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return Unavailable
	}
	return Internal
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool { return KindOf(err) == kind }
