package httpapi

import (
	"fmt"
	"net/http"
)

// answerWriter knows what is answered, and whether the answer has begun, after which its status cannot be changed any more.
type answerWriter struct {
	http.ResponseWriter
	request *http.Request
	begun   bool
}

// requestOf is the request that is answered by what New has made.
func requestOf(w http.ResponseWriter) *http.Request {
	a, ok := w.(*answerWriter)
	if !ok {
		panic(fmt.Sprintf("%T was put in front of the answer", w))
	}
	return a.request
}

func hasBegun(w http.ResponseWriter) bool {
	a, ok := w.(*answerWriter)
	return ok && a.begun
}

func (a *answerWriter) WriteHeader(status int) {
	a.begun = a.begun || status >= http.StatusOK // what comes before are interim answers
	a.ResponseWriter.WriteHeader(status)
}

func (a *answerWriter) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// Unwrap gives http.ResponseController what it controls.
func (a *answerWriter) Unwrap() http.ResponseWriter { return a.ResponseWriter }
