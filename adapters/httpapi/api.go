package httpapi

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// Events are the use cases behind /search and /events.
type Events interface {
	// All returns every event of the range, by start, then ID.
	All(ctx context.Context, r event.TimeRange) (catalogue.Page, error)
	// Page returns one page of the events that match, with the total. A mark whose version is gone is fault.Gone.
	Page(ctx context.Context, r search.PageRequest) (search.Page, error)
}

// Details is the use case behind /events/{id}.
type Details interface {
	// Of returns what is known of the event. An unknown one is fault.NotFound.
	Of(ctx context.Context, id event.ID) (search.Detail, error)
}

// Status is the use case behind /status.
type Status interface {
	Report(ctx context.Context) search.Report
}

// UseCases are what the API tells.
type UseCases struct {
	Events  Events
	Details Details
	Changes Changes
	Status  Status
}

// Options adjust the API; the zero value works.
type Options struct {
	// Version of the service, shown by /status.
	Version string
	// Limiter bounds how often a client asks. Without one nothing is limited.
	Limiter ports.Limiter
	// TrustedProxies are those whose X-Forwarded-For is believed. Without any, the peer of the connection is the client.
	TrustedProxies []netip.Prefix
	// Clock tells whether an event is on sale; time.Now unless set.
	Clock func() time.Time
	// Zone is where the page to search in takes "tonight" to be; UTC unless set.
	Zone *time.Location
	// Answers keeps the answers of /search and /events and decides how long one may take to be made. Without it every search is made anew.
	Answers Answers
	// DetailAnswers keeps the answers of /events/{id}, which may come from elsewhere than those of searches; Answers unless set.
	DetailAnswers Answers
	// SearchTimeout is how long a search may take before the answer is a 503, where there are no Answers; 10 seconds unless
	// set. It does not bound how long a client may take to read the answer.
	SearchTimeout time.Duration
	// Logger is told what callers are not; slog.Default unless set.
	Logger *slog.Logger
}

// API answers the public routes. It may be used from many goroutines.
type API struct {
	http.Handler
	router *router
}

// New makes the API of its use cases.
func New(u UseCases, o Options) *API {
	failures := newFailures(cmp.Or(o.Logger, slog.Default()))
	operations := &operations{
		events:           u.Events,
		details:          u.Details,
		changes:          u.Changes,
		clock:            o.Clock,
		answers:          o.Answers,
		answersOfDetails: cmp.Or(o.DetailAnswers, o.Answers),
		timeout:          cmp.Or(o.SearchTimeout, 10*time.Second),
		status:           u.Status,
		version:          o.Version,
		sender:           &sender{pace: defaultPace, compressed: newCompressed(), keeps: o.Answers != nil},
	}
	if operations.clock == nil {
		operations.clock = time.Now
	}
	router := newRouter(failures.checkQuery, "/events")
	HandlerWithOptions(
		NewStrictHandlerWithOptions(operations, nil, StrictHTTPServerOptions{
			RequestErrorHandlerFunc:  failures.answer,
			ResponseErrorHandlerFunc: failures.answer,
		}),
		StdHTTPServerOptions{BaseRouter: router, ErrorHandlerFunc: failures.answer},
	)
	router.HandleFunc("GET /openapi.json", operations.sender.getDocument)
	router.HandleFunc("GET /docs", operations.sender.getDocs)
	router.HandleFunc("GET "+assetsPath+"{name}", operations.sender.getAsset(pageAssets(), docs().assets))
	pages := newSite(failures.catchPanics(router), operations.sender, o.Zone, operations.clock)
	router.HandleFunc("GET /{$}", pages.getSearch)
	router.HandleFunc("GET "+viewPath+"{id}", pages.getView)
	return &API{router: router, Handler: stack(router,
		identify,
		failures.catchPanics,
		secure,
		router.share,
		limitRate(o.Limiter, clients{trusted: slices.Clone(o.TrustedProxies)}, failures.log),
		boundRequest,
	)}
}

// Unmatched is the route of a request that no route answers.
const Unmatched = "unmatched"

// Route is the template of the route that answers the request, such as /search, or Unmatched. It has
// few values, so it may be a label.
func (a *API) Route(r *http.Request) string { return a.router.route(r) }

// operations implements what is generated from openapi.yaml.
type operations struct {
	events           Events
	details          Details
	changes          Changes
	clock            func() time.Time
	answers          Answers // nil for none
	answersOfDetails Answers // likewise
	timeout          time.Duration
	status           Status
	version          string
	sender           *sender
}

type middleware = func(http.Handler) http.Handler

// stack wraps h; the first layer is the outermost.
func stack(h http.Handler, layers ...middleware) http.Handler {
	for _, layer := range slices.Backward(layers) {
		h = layer(h)
	}
	return h
}
