package feedxml

import (
	"errors"
	"fmt"
	"io"

	"github.com/marquee-events/marquee/core/fault"
)

// The codes of this package's errors, all of kind fault.Unavailable: the provider is at fault.
const (
	CodeUnreachable = "feed_unreachable" // no answer, or too slow a one
	CodeMisdirected = "feed_misdirected" // it redirects to where nobody follows
	CodeRefused     = "feed_refused"     // an answer with another status than was asked for
	CodeCut         = "feed_cut"         // it ends before the list does
	CodeGarbled     = "feed_garbled"     // it is no list, or a broken one
	CodeTooLarge    = "feed_too_large"   // it passes a bound on the whole
	CodeLeftAlone   = "feed_left_alone"  // it was not asked, for it kept failing
)

func unavailable(code, format string, args ...any) error {
	return &fault.Error{Kind: fault.Unavailable, Code: code, Message: fmt.Sprintf(format, args...)}
}

// wrap is fault.Wrap with a code, unless nobody failed.
func wrap(code, attempted string, cause error) error {
	err := fault.Wrap(fault.Unavailable, attempted, cause)
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind == fault.Unavailable {
		e.Code = code
	}
	return err
}

// unanswered translates what kept an answer from coming.
func unanswered(attempted string, cause error) error {
	if _, ok := errors.AsType[misdirected](cause); ok {
		return wrap(CodeMisdirected, attempted, cause)
	}
	return wrap(CodeUnreachable, attempted, cause)
}

// unreadable translates what ended the reading of a body before its end.
func unreadable(attempted string, cause error) error {
	switch {
	case errors.Is(cause, io.ErrUnexpectedEOF):
		return wrap(CodeCut, attempted, cause)
	case errors.Is(cause, errCorrupt):
		return wrap(CodeGarbled, attempted, cause)
	case errors.Is(cause, errInflated):
		return wrap(CodeTooLarge, attempted, cause)
	}
	return wrap(CodeUnreachable, attempted, cause)
}
