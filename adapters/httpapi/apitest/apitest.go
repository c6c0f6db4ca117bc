// Package apitest holds answers of the API against its description, the file that the code is generated from. Whoever asks the
// API in a test, over HTTP, can have every answer looked at.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/adapters/httpapi"
)

// Document is the description of the API. It is shared: it is not to be changed.
var Document = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(httpapi.Document())
	if err != nil {
		panic(err) // it is embedded
	}
	return doc
})

// Check fails the test where an answer is not as it is described.
func Check(t testing.TB, answer *http.Response, body []byte) {
	t.Helper()
	assert.NoError(t, Validate(answer, body), "%s %s: %d %.400q", answer.Request.Method, answer.Request.URL, answer.StatusCode, body)
}

// Transport has every answer of the API checked that comes by. The answers of others, which have no X-Request-Id, pass.
func Transport(t testing.TB, next *http.Transport) http.RoundTripper { return &transport{next, t} }

type transport struct {
	*http.Transport
	t testing.TB
}

// RoundTrip reads the body of each answer, which is whole from then on.
func (c *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.Transport.RoundTrip(r)
	if err != nil || answer.Header.Get("X-Request-Id") == "" {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	err = errors.Join(err, answer.Body.Close())
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	Check(c.t, answer, body)
	return answer, nil
}

// Validate tells how an answer differs from the description: in its status, headers or body. A page is none of the description's
// business, and what is compressed is as good as its headers.
func Validate(answer *http.Response, body []byte) error {
	if answer.Header.Get("X-Request-Id") == "" && answer.StatusCode < http.StatusInternalServerError && answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		return errors.New("it has no X-Request-Id")
	}
	path, item := route(answer.Request.URL.Path)
	switch method := answer.Request.Method; {
	case isPage(answer.Request.URL.Path), method == http.MethodHead, method == http.MethodOptions, answer.Header.Get("Content-Encoding") != "":
		return nil
	case item == nil || method != http.MethodGet:
		return isError(answer, body)
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: answer.Request,
			Route:   &routers.Route{Spec: Document(), Path: path, PathItem: item, Method: http.MethodGet, Operation: item.Get},
		},
		Status: answer.StatusCode,
		Header: answer.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, SchemaValidationOptions: []openapi3.SchemaValidationOption{
			openapi3.WithStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForUUIDOfRFC4122)),
		}},
	}
	input.SetBodyBytes(body)
	return openapi3filter.ValidateResponse(context.Background(), input)
}

func isPage(path string) bool {
	return path == "/" || path == "/docs" || path == "/openapi.json" || strings.HasPrefix(path, "/view/") || strings.HasPrefix(path, "/assets/")
}

// route is the described route of a path; nil for none.
func route(path string) (template string, item *openapi3.PathItem) {
	if id, ok := strings.CutPrefix(path, "/events/"); ok && !strings.Contains(id, "/") {
		path = "/events/{id}"
		if id == "" {
			path = "/events"
		}
	}
	return path, Document().Paths.Value(path)
}

// isError checks an answer that the description has in words alone: of an unknown path, or another method.
func isError(answer *http.Response, body []byte) error {
	want := map[int]string{
		http.StatusNotFound: "not_found", http.StatusMethodNotAllowed: "method_not_allowed", http.StatusTooManyRequests: "rate_limited",
		http.StatusRequestURITooLong: "uri_too_long", http.StatusRequestEntityTooLarge: "request_too_large", http.StatusInternalServerError: "internal",
	}[answer.StatusCode]
	var envelope struct {
		Data  *struct{}
		Error *struct{ Code, Message string }
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return err
	}
	if envelope.Data != nil || envelope.Error == nil || envelope.Error.Code != want || envelope.Error.Message == "" {
		return fmt.Errorf("it is no error of code %q", want)
	}
	return nil
}
