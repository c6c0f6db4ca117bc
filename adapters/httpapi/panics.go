package httpapi

import (
	"fmt"
	"net/http"
	"runtime/debug"
)

// catchPanics answers 500 for a handler that panics; the connection and the process go on. Once
// the answer has begun, the connection is cut instead, so that nobody takes half an answer for a whole one.
func (f *failures) catchPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answerWriter{ResponseWriter: w, request: r}
		defer func() {
			switch cause := recover(); {
			case cause == nil:
			case cause == http.ErrAbortHandler: //nolint:errorlint // it is panicked with as it is, to cut the connection
				panic(cause)
			case answer.begun:
				f.log.ErrorContext(r.Context(), "a handler panicked in the middle of its answer", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
				panic(http.ErrAbortHandler)
			default:
				f.internal(answer, r, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			}
		}()
		next.ServeHTTP(answer, r)
	})
}
