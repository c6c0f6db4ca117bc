package httpapi

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"
)

// assets are the files that pages load, by name. A page names them with the tag of what is in them, so that they may be kept for
// ever and are never older than the page.
type assets map[string]asset

type asset struct {
	written
	contentType string
}

const assetsPath = "/assets/"

func (a assets) add(name string, body []byte) {
	a[name] = asset{written: written{tag: tagOf(body), body: body}, contentType: mime.TypeByExtension(path.Ext(name))}
}

// link has a page name its assets with their tags.
func (a assets) link(page []byte) []byte {
	for name := range a {
		page = bytes.ReplaceAll(page, []byte(`"`+assetsPath+name+`"`), []byte(`"`+a.path(name)+`"`))
	}
	return page
}

func (a assets) path(name string) string { return assetsPath + name + "?" + a[name].tag }

// getAsset answers GET /assets/{name}.
func (s *sender) getAsset(all ...assets) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		for _, some := range all {
			found, ok := some[name]
			if !ok {
				continue
			}
			h := w.Header()
			h.Set("Content-Type", found.contentType)
			h.Set("Cache-Control", cachePage)
			if r.URL.RawQuery == found.tag {
				h.Set("Cache-Control", cacheForEver)
			}
			_ = s.whole(w, found.written) // the error is the connection's
			return
		}
		writeProblem(w, http.StatusNotFound, codeNoRoute, fmt.Sprintf("there is no %s", quote(strings.TrimSuffix(assetsPath, "/")+"/"+name)))
	}
}

// page sends a page, which may load what its policy says.
func (s *sender) page(w http.ResponseWriter, status int, policy string, html []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", cachePage)
	page := written{body: html}
	if status == http.StatusOK {
		page.tag = tagOf(html)
	}
	_ = s.wholeWith(w, status, page) // the error is the connection's
}
