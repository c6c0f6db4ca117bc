package observability

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/getsentry/sentry-go"
	"golang.org/x/time/rate"

	"github.com/marquee-events/marquee/core/fault"
)

// The bounds of what is reported. An outage makes thousands of errors that all say the same.
const (
	sentryEvery   = time.Second
	sentryBurst   = 20
	sentryQueue   = 64
	sentryTimeout = 10 * time.Second
	sentryAnswer  = 16 << 10 // bytes of an answer that are read
)

// SentryOptions say where errors are reported in addition to being logged.
type SentryOptions struct {
	// DSN is the address of a project, with its key; nothing is reported when it is empty.
	DSN string
	// Environment is told with each error, such as production or staging. Where it is empty, the library looks for SENTRY_ENVIRONMENT.
	Environment string
}

// reportErrors has records of level error and above reported to Sentry, where there is a project to take them. The client is
// one of our own: nothing that is linked in can reach it, and what the library gathers by itself stays out of it.
func (t *Telemetry) reportErrors(o SetupOptions, f *failures) error {
	if o.Sentry.DSN == "" {
		return nil
	}
	all := newExports(f)
	connections := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: sentryTimeout}
	queue := sentry.NewHTTPTransport()
	queue.BufferSize, queue.Timeout = sentryQueue, sentryTimeout
	client, err := sentry.NewClient(sentry.ClientOptions{
		Dsn:                  o.Sentry.DSN,
		Environment:          o.Sentry.Environment,
		Release:              o.Build.orStamped().Version,
		Transport:            queue,
		HTTPTransport:        sentryTransport{next: connections, exports: all},
		Integrations:         func([]sentry.Integration) []sentry.Integration { return nil },
		DisableClientReports: true, // our own counter tells of failures
	})
	if err != nil {
		// The library's words may quote the DSN, and with it the key.
		return fault.InvalidField("dsn", "the Sentry DSN is no URL such as https://key@sentry.example/1")
	}
	t.handlers = append(t.handlers, sentryHandler{
		client: client, limit: rate.NewLimiter(rate.Every(sentryEvery), sentryBurst), dropped: &atomic.Int64{},
	})
	t.onShutdown("errors", all, func(ctx context.Context) error {
		flushed := client.FlushWithContext(ctx)
		all.abort()
		client.Close()
		connections.CloseIdleConnections()
		if !flushed {
			return errors.New("some were still queued")
		}
		return nil
	})
	return nil
}

// sentryTransport makes requests that end with the others, and takes note of those that fail.
type sentryTransport struct {
	next    http.RoundTripper
	exports *exports
}

// RoundTrip reads the answer before it returns it.
func (s sentryTransport) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	err = s.exports.do(r.Context(), func(ctx context.Context) error {
		got, err := s.next.RoundTrip(r.WithContext(ctx))
		if err != nil {
			return err
		}
		defer got.Body.Close()
		body, err := io.ReadAll(io.LimitReader(got.Body, sentryAnswer))
		if err != nil {
			return err
		}
		whole := *got
		whole.Body = io.NopCloser(bytes.NewReader(body))
		answer = &whole
		if got.StatusCode >= http.StatusBadRequest {
			return fmt.Errorf("the answer was %s", got.Status)
		}
		return nil
	})
	if answer != nil {
		return answer, nil // the library has to see a refusal, to wait as long as it asks for
	}
	return nil, err
}
