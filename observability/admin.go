package observability

import (
	"cmp"
	"html/template"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A profile or an execution trace may be taken for as long as an answer may take, less what it takes to send it.
const adminWriteTimeout = 3 * time.Minute

// Bounds of a scrape.
const (
	maxScrapes    = 4
	scrapeTimeout = 10 * time.Second
)

// AdminOptions say what the admin listener shows.
type AdminOptions struct {
	Registry prometheus.Gatherer
	Probes   *Probes
	// Status is the detailed status, under /status; left out when nil.
	Status http.Handler
	// Verify compares what is searched with the store, under POST /verify; left out when nil.
	Verify http.Handler
	// Logger is told of metrics that cannot be gathered; discarded when nil.
	Logger *slog.Logger
}

// NewAdmin serves what is for operators and must not be public: /metrics, /livez, /readyz, /status,
// /debug/pprof/ and an index of them; and what they may have done, under /verify.
func NewAdmin(o AdminOptions) http.Handler {
	log := cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	mux := http.NewServeMux()
	pages := []page{}
	add := func(path, about string, h http.Handler) {
		mux.Handle("GET "+path, h)
		pages = append(pages, page{Path: path, About: about})
	}
	add("/livez", "whether the process lives", http.HandlerFunc(o.Probes.Live))
	add("/readyz", "whether it should get requests, and why not", http.HandlerFunc(o.Probes.Ready))
	if o.Status != nil {
		add("/status", "how the service and its feeds stand", o.Status)
	}
	if o.Verify != nil {
		mux.Handle("POST /verify", o.Verify) // not among the pages: a look at it must not read the whole catalogue
	}
	add("/metrics", "metrics for Prometheus", promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
		Timeout:             scrapeTimeout,
		EnableOpenMetrics:   true,
	}))
	add("/debug/pprof/", "profiles of the running process", http.HandlerFunc(pprof.Index))
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = index.Execute(w, pages) // whoever asked is gone
	})
	return mux
}

// NewAdminServer is a server of the handler. Its times are bounded; an answer may take three minutes, because a
// profile does.
func NewAdminServer(addr string, h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      adminWriteTimeout,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

type page struct{ Path, About string }

var index = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Marquee admin</title>
<h1>Marquee admin</h1>
<dl>
{{- range .}}
<dt><a href="{{.Path}}">{{.Path}}</a><dd>{{.About}}
{{- end}}
</dl>
</html>
`))
