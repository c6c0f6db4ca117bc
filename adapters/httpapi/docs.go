package httpapi

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"net/http"
	"sync"

	swagger "github.com/swaggest/swgui/v5/static"
)

//go:embed docs
var docsFiles embed.FS

// docsPolicy is what the page of the documentation may load: what comes from here. Its pictures are in its stylesheet.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docs are the page of the documentation, whose program is Swagger UI, and what it loads.
var docs = sync.OnceValue(func() (d struct {
	page   []byte
	assets assets
},
) {
	d.assets = assets{}
	for _, name := range []string{"docs.js", "docs.css"} {
		d.assets.add(name, mustRead(docsFiles, "docs/"+name))
	}
	for _, name := range []string{"swagger-ui-bundle.js", "swagger-ui.css"} {
		unpacked, err := gzip.NewReader(bytes.NewReader(mustRead(swagger.FS, name+".gz")))
		if err != nil {
			panic(err) // it is embedded as it was tested
		}
		body, err := io.ReadAll(unpacked)
		if err != nil {
			panic(err)
		}
		d.assets.add(name, body)
	}
	d.page = d.assets.link(pageAssets().link(mustRead(docsFiles, "docs/docs.html")))
	return d
})

func mustRead(from embed.FS, name string) []byte {
	b, err := from.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return b
}

// getDocs answers GET /docs.
func (s *sender) getDocs(w http.ResponseWriter, _ *http.Request) {
	s.page(w, http.StatusOK, docsPolicy, docs().page)
}
