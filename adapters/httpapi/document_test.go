package httpapi_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is served is the file that the code is generated from, but for what it tells the generator.
func TestTheDescriptionIsTheFile(t *testing.T) {
	s := serve(t, service{})
	got := s.get(t, "/openapi.json")
	require.Equal(t, http.StatusOK, got.StatusCode)
	assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
	assert.Equal(t, http.StatusNotModified, s.get(t, "/openapi.json", "If-None-Match", got.Header.Get("ETag")).StatusCode)
	assert.Equal(t, got.body, s.get(t, "/openapi.json", "Accept-Encoding", "zstd").plain(t))
	assert.NotContains(t, got.body, "x-go-")
	assert.NotContains(t, got.body, "x-order")

	file, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	var plain []string
	for line := range strings.Lines(string(file)) {
		if trimmed := strings.TrimSpace(line); !strings.HasPrefix(trimmed, "x-go-type:") && !strings.HasPrefix(trimmed, "x-order:") {
			plain = append(plain, strings.ReplaceAll(line, ", x-go-type: string", ""))
		}
	}
	want, err := openapi3.NewLoader().LoadFromData([]byte(strings.Join(plain, "")))
	require.NoError(t, err)
	wanted, err := want.MarshalJSON()
	require.NoError(t, err)
	served, err := openapi3.NewLoader().LoadFromData([]byte(got.body))
	require.NoError(t, err)
	told, err := served.MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, string(wanted), string(told))
	assert.Less(t, strings.Index(got.body, `"/search"`), strings.Index(got.body, `"/changes"`), "in its order")
}

func TestWhatPagesLoad(t *testing.T) {
	s := serve(t, service{})
	for _, page := range []string{"/", "/docs"} {
		got := s.get(t, page)
		require.Equal(t, http.StatusOK, got.StatusCode)
		assert.Equal(t, "text/html; charset=utf-8", got.Header.Get("Content-Type"))
		assert.Equal(t, "no-cache", got.Header.Get("Cache-Control"))
		assert.Contains(t, got.Header.Get("Content-Security-Policy"), "default-src 'none'; ")
		assert.NotContains(t, got.Header.Get("Content-Security-Policy"), "unsafe")
		loaded := 0
		for _, attribute := range []string{`src="`, `href="`} {
			for _, part := range strings.Split(got.body, attribute)[1:] {
				target, _, _ := strings.Cut(part, `"`)
				if !strings.HasPrefix(target, "/assets/") {
					continue
				}
				loaded++
				asset := s.get(t, target)
				assert.Equal(t, http.StatusOK, asset.StatusCode, target)
				assert.Equal(t, "public, max-age=31536000, immutable", asset.Header.Get("Cache-Control"), target)
				name, _, _ := strings.Cut(target, "?")
				older := s.get(t, name+"?another")
				assert.Equal(t, "no-cache", older.Header.Get("Cache-Control"), "an address that an older page knows")
				assert.Equal(t, asset.body, older.body)
			}
		}
		assert.GreaterOrEqual(t, loaded, 4, page)
	}
	code, _ := s.get(t, "/assets/nothing.js").problem(t)
	assert.Equal(t, "not_found", code)
}
