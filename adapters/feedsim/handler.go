package feedsim

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Handler serves a provider's feed, at whatever path it is asked. Each GET is a fetch; a HEAD moves nothing.
// A body is compressed for clients that accept gzip. Where If-None-Match has the tag of what would be sent, the
// answer is 304; with a [Sim] that hardly ever happens, since each fetch finds something new. Other
// methods get 405.
//
// When the feed cannot be written to its end, the connection is cut, so that no client takes a part for the whole. A
// provider that misbehaves is a Moody around this handler.
func Handler(p Provider) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var doc Document
		var err error
		switch r.Method {
		case http.MethodGet:
			doc, err = p.Fetch()
		case http.MethodHead:
			doc, err = p.Current()
		default:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "the feed is read with GET", http.StatusMethodNotAllowed)
			return
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		serve(w, r, doc)
	})
}

func serve(w http.ResponseWriter, r *http.Request, doc Document) {
	zip := acceptsGzip(r.Header.Values("Accept-Encoding"))
	tag := `"` + doc.ETag() + `"`
	if zip {
		tag = `"` + doc.ETag() + `-gzip"` // other bytes, so another strong tag
	}
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "application/xml")
	if zip {
		h.Set("Content-Encoding", "gzip")
	}
	if r.Method == http.MethodHead {
		return
	}
	if err := write(w, doc, zip); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// gzips keeps compressors, of which each has some hundred kilobytes.
var gzips sync.Pool

func write(w io.Writer, doc Document, zip bool) error {
	if !zip {
		_, err := doc.WriteTo(w)
		return err
	}
	z, ok := gzips.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a valid one
	}
	defer gzips.Put(z)
	defer z.Reset(nil) // the pool is not to keep the response
	z.Reset(w)
	if _, err := doc.WriteTo(z); err != nil {
		return err
	}
	return z.Close()
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3). What the client says of gzip counts; what it says of
// everything else (*) counts when it says nothing of gzip.
func acceptsGzip(values []string) bool {
	accepted := false
	for coding := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name != "gzip" && name != "x-gzip" && name != "*" {
			continue
		}
		wanted := true
		if q, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(weight)), "q="); found {
			value, err := strconv.ParseFloat(q, 64)
			wanted = err == nil && value > 0
		}
		if name != "*" {
			return wanted
		}
		accepted = wanted
	}
	return accepted
}

// matches reads If-None-Match (RFC 9110, section 13.1.2), which compares weakly.
func matches(values []string, tag string) bool {
	for candidate := range strings.SplitSeq(strings.Join(values, ","), ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
			return true
		}
	}
	return false
}
