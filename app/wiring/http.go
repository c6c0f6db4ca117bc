package wiring

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/adapters/tokenbucket"
	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

func newEvents(c config.Config, store ports.Searcher, m model) *search.Events {
	return search.NewEvents(m.searcher(store), c.SearchMaxResults)
}

func newStatus(c config.Config, feeds ports.FeedReader, clock func() time.Time) *search.Status {
	var expected []search.Expected
	if c.ProviderURL != "" {
		expected = append(expected, search.Expected{Provider: c.ProviderID, Interval: c.FetchInterval})
	}
	return search.NewStatus(feeds, expected, clock)
}

func newUseCases(events *search.Events, details ports.EventReader, changes *search.Changes, status *search.Status) httpapi.UseCases {
	return httpapi.UseCases{Events: events, Details: search.NewDetails(details), Changes: changes, Status: status}
}

// newAPI is the public API. The limiter is inside, because what it refuses is an answer like any other: it
// has an envelope, a request id and a row in the metrics.
func newAPI(c config.Config, b observability.Build, u httpapi.UseCases, answers *search.Answers, shared redis, clock func() time.Time, rec *observability.Recorder, log *slog.Logger) (http.Handler, error) {
	zone, err := time.LoadLocation(c.ProviderTimeZone)
	if err != nil {
		return nil, err
	}
	limiter := tokenbucket.New(tokenbucket.Options{RPS: c.RateLimitRPS, Burst: c.RateLimitBurst})
	api := httpapi.New(u, httpapi.Options{
		Version: b.Version, TrustedProxies: c.TrustedProxies, Clock: clock, Logger: log,
		Zone:    zone,
		Limiter: observability.ObserveLimiter(limiter, rec),
		Answers: observability.ObserveAnswers(answers, rec),
		// The store makes these, also where searches are answered from memory: while it is away, searches are made as ever.
		DetailAnswers: observability.ObserveAnswers(answers.OfAnotherSource(shared.AnswerCache), rec),
	})
	return observability.ObserveHTTP(api, rec, api.Route), nil
}

func serveAPI(lc fx.Lifecycle, stop fx.Shutdowner, c config.Config, h http.Handler, changes *search.Changes, at *Addresses, log *slog.Logger) {
	server := httpapi.NewServer(h, httpapi.ServerOptions{Addr: c.HTTPAddr, Logger: log})
	server.RegisterOnShutdown(changes.End) // who waits for changes would hold up the stop
	serve(lc, stop, log, at, PublicAPI, server.Addr, server, func(ctx context.Context) error { return shutdown(ctx, log, PublicAPI, server.Server) })
}

// admin is the handler of the private listener.
type admin struct{ http.Handler }

// details is the status for operators.
type details struct {
	search.Report
	Index *observability.IndexStatus `json:"index,omitempty"`
}

func newAdmin(registry *prometheus.Registry, probes *observability.Probes, status *search.Status, i index, m model, store Catalogue, log *slog.Logger) admin {
	var verify http.Handler
	if m.Model != nil {
		verify = VerifyHandler(m, store.Ping)
	}
	return admin{observability.NewAdmin(observability.AdminOptions{
		Registry: registry, Probes: probes, Logger: log, Verify: verify,
		Status: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(details{status.Report(r.Context()), i.status()})
		}),
	})}
}

func serveAdmin(lc fx.Lifecycle, stop fx.Shutdowner, c config.Config, a admin, at *Addresses, log *slog.Logger) {
	server := observability.NewAdminServer(c.AdminAddr, a, log)
	// Nobody who takes a profile shall hold up those who close the store.
	serve(lc, stop, log, at, Admin, server.Addr, server, func(context.Context) error { return server.Close() })
}

// The listeners of a process.
const (
	PublicAPI = "public API"
	Admin     = "admin"
)

// Addresses are where a process listens, once it has started: a port 0 in the configuration is another one by then.
type Addresses struct{ byName sync.Map }

func newAddresses() *Addresses { return &Addresses{} }

func (a *Addresses) note(name string, addr net.Addr) { a.byName.Store(name, addr.String()) }

// Of is the address of a listener, empty when it does not listen.
func (a *Addresses) Of(name string) string {
	addr, _ := a.byName.Load(name)
	s, _ := addr.(string)
	return s
}

// server is an http.Server.
type server interface {
	Serve(listener net.Listener) error
}

// serve listens first, so that a port that is taken fails the start, and answers in the background until end.
func serve(lc fx.Lifecycle, stop fx.Shutdowner, log *slog.Logger, at *Addresses, name, addr string, server server, end func(context.Context) error) {
	lc.Append(fx.Hook{
		OnStart: func(ctx context.Context) error {
			listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
			if err != nil {
				return err
			}
			at.note(name, listener.Addr())
			log.InfoContext(ctx, "listening", "what", name, "address", listener.Addr().String())
			go answer(stop, log, name, server, listener)
			return nil
		},
		OnStop: end,
	})
}

func answer(stop fx.Shutdowner, log *slog.Logger, name string, server server, listener net.Listener) {
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Error("a listener ended", "what", name, "error", err)
		_ = stop.Shutdown(fx.ExitCode(1))
	}
}

// drainTimeout is the share of the stop that requests which have begun may have.
const drainTimeout = 10 * time.Second

// shutdown lets requests end that have begun; those that do not end in time are cut off.
func shutdown(ctx context.Context, log *slog.Logger, name string, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		log.WarnContext(ctx, "requests are cut off", "what", name, "error", err)
		return server.Close()
	}
	return nil
}
