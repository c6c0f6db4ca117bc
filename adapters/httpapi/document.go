package httpapi

import (
	"bytes"
	_ "embed"
	"net/http"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed openapi.yaml
var documentYAML []byte

// document is the description of the API, the file that the code is generated from: as JSON, in its order, and without what
// it tells the generator.
var document = sync.OnceValue(func() written {
	var doc yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(documentYAML, &doc, yaml.UseOrderedMap()); err != nil {
		panic(err) // it was embedded as it was tested
	}
	body, err := yaml.MarshalWithOptions(withoutHints(doc), yaml.JSON())
	if err != nil {
		panic(err)
	}
	return written{tag: tagOf(body), body: body}
})

// Document is the description of the API, as /openapi.json tells it.
func Document() []byte { return bytes.Clone(document().body) }

// withoutHints drops the extensions that are for the generator.
func withoutHints(node any) any {
	switch node := node.(type) {
	case yaml.MapSlice:
		kept := make(yaml.MapSlice, 0, len(node))
		for _, item := range node {
			if key, ok := item.Key.(string); ok && (key == "x-order" || strings.HasPrefix(key, "x-go-")) {
				continue
			}
			item.Value = withoutHints(item.Value)
			kept = append(kept, item)
		}
		return kept
	case []any:
		for i := range node {
			node[i] = withoutHints(node[i])
		}
	}
	return node
}

// getDocument answers GET /openapi.json.
func (s *sender) getDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", cachePage)
	_ = s.whole(w, document()) // the error is the connection's
}
