package httpapi_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/search"
)

// handle answers without a network, for tests that ask very often.
func handle(h http.Handler, target string) answer {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, http.NoBody))
	return answer{w.Result(), w.Body.String()}
}

var summerAPI = sync.OnceValue(func() http.Handler {
	return httpapi.New(httpapi.UseCases{Events: search.NewEvents(summer, 100), Status: statusOf(feeds{})}, httpapi.Options{})
})

func handled(testing.TB) func(string) answer {
	return func(target string) answer { return handle(summerAPI(), target) }
}

func readAnswer(t *testing.T, from *bufio.Reader) answer {
	t.Helper()
	response, err := http.ReadResponse(from, nil)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response, string(body)}
}
