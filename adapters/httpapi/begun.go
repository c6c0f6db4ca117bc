package httpapi

import "net/http"

// answerWriter knows whether the answer has begun, after which its status cannot be changed any more.
type answerWriter struct {
	http.ResponseWriter
	begun bool
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
