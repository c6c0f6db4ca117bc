package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// router is http.ServeMux with answers of our own where no route matches.
type router struct {
	mux   *http.ServeMux
	known []string              // templates, for people
	exact map[string]exactRoute // those of a path that is no pattern, for who asks with GET or HEAD: most requests
	// before stands before the handler of each route, which it knows by its template.
	before func(template string, next http.HandlerFunc) http.HandlerFunc
	// slashed are the templates that are also answered with a slash behind them.
	slashed []string
}

type exactRoute struct {
	http.HandlerFunc
	template string
}

func newRouter(before func(string, http.HandlerFunc) http.HandlerFunc, slashed ...string) *router {
	return &router{mux: http.NewServeMux(), exact: map[string]exactRoute{}, before: before, slashed: slashed}
}

// HandleFunc adds a route. It must not be called once the router serves.
func (rt *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	handler = rt.before(template(pattern), handler)
	rt.mux.HandleFunc(pattern, handler)
	if path, get := strings.CutPrefix(pattern, http.MethodGet+" "); get && !strings.Contains(path, "{") {
		rt.exact[path] = exactRoute{handler, template(pattern)}
	}
	if slices.Contains(rt.slashed, template(pattern)) {
		rt.mux.HandleFunc(pattern+onlySlash, handler)
	}
	if template := template(pattern); !ofPages(template) && !slices.Contains(rt.known, template) {
		rt.known = append(rt.known, template)
		slices.Sort(rt.known)
	}
}

// exactly is the route of a request that is for no other.
func (rt *router) exactly(r *http.Request) (exactRoute, bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return exactRoute{}, false
	}
	route, ok := rt.exact[r.URL.Path]
	return route, ok
}

func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if route, ok := rt.exactly(r); ok {
		route.ServeHTTP(w, r)
		return
	}
	unmatched, pattern := rt.mux.Handler(r)
	if pattern != "" {
		rt.mux.ServeHTTP(w, r)
		return
	}
	// The mux knows whether another method would have matched, and tells it only through its answer.
	tell := refusal{header: http.Header{}}
	unmatched.ServeHTTP(&tell, r)
	if tell.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", allowedMethods) // there are no other routes
		writeProblem(w, tell.status, codeMethodNotAllowed, fmt.Sprintf("%s is not for %s; use %s", clip(r.URL.Path), clip(r.Method), allowedMethods))
		return
	}
	writeProblem(w, http.StatusNotFound, codeNoRoute, fmt.Sprintf("there is no %s; there is %s", quote(r.URL.Path), strings.Join(rt.known, ", ")))
}

// route is the template of the route of a request, or of one that asks what it can be asked.
func (rt *router) route(r *http.Request) string {
	if r.Method == http.MethodOptions {
		r = &http.Request{Method: http.MethodGet, URL: r.URL, Host: r.Host}
	}
	if route, ok := rt.exactly(r); ok {
		return route.template
	}
	if _, pattern := rt.mux.Handler(r); pattern != "" {
		return template(pattern)
	}
	return Unmatched
}

// viewPath is where pages of events are.
const viewPath = "/view/"

// ofPages tells whether a route is for people who look at pages, who are led to it, and not for programs.
func ofPages(template string) bool {
	return template == "/" || template == "/docs" || strings.HasPrefix(template, assetsPath) || strings.HasPrefix(template, viewPath)
}

// onlySlash matches a path that ends with the slash, and no longer one.
const onlySlash = "/{$}"

// template is a pattern of http.ServeMux without its method and the slash behind it.
func template(pattern string) string {
	path := pattern[strings.IndexByte(pattern, '/'):]
	if path == onlySlash {
		return "/"
	}
	return strings.TrimSuffix(path, onlySlash)
}

// refusal takes the mux's answer to what it does not know.
type refusal struct {
	header http.Header
	status int
}

func (f *refusal) Header() http.Header         { return f.header }
func (f *refusal) Write(b []byte) (int, error) { return len(b), nil }
func (f *refusal) WriteHeader(status int)      { f.status = status }
