package feedsim_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/marquee-events/marquee/adapters/feedsim"
)

type answer struct {
	status int
	header http.Header
	body   []byte
}

func ask(t *testing.T, h http.Handler, method string, headers ...string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/any/feed.xml", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

func unzip(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// still is a provider whose feed does not change.
type still struct{ feedsim.Document }

func (s still) Fetch() (feedsim.Document, error)   { return s.Document, nil }
func (s still) Current() (feedsim.Document, error) { return s.Document, nil }

func TestHandlerServesTheFeed(t *testing.T) {
	sim := newSim(t, feedsim.Options{Seed: 1, Events: 100})
	doc := sim.At(today)
	a := ask(t, feedsim.Handler(sim), http.MethodGet)
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/xml" || a.header.Get("Content-Encoding") != "" {
		t.Errorf("%d %v", a.status, a.header)
	}
	if a.header.Get("ETag") != strconv.Quote(doc.ETag()) || !bytes.Equal(a.body, render(t, doc)) {
		t.Error("the first fetch is not what At says")
	}
}

func TestHandlerCompresses(t *testing.T) {
	h := feedsim.Handler(still{newSim(t, feedsim.Options{Events: 100}).At(today)})
	plain := ask(t, h, http.MethodGet)
	for accept, want := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "*": true, "x-gzip": true, "deflate, *;q=0.1": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.0, *": false, "*;q=0": false, "gzip;q=high": false,
	} {
		a := ask(t, h, http.MethodGet, "Accept-Encoding", accept)
		if got := a.header.Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("%q: compressed %t", accept, got)
			continue
		}
		if a.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: Vary is %q", accept, a.header.Get("Vary"))
		}
		if !want {
			continue
		}
		if !bytes.Equal(unzip(t, a.body), plain.body) {
			t.Errorf("%q: another content", accept)
		}
		if a.header.Get("ETag") == plain.header.Get("ETag") {
			t.Errorf("%q: other bytes with the same strong tag", accept)
		}
	}
}

func TestHandlerAnswersConditionalRequests(t *testing.T) {
	h := feedsim.Handler(still{newSim(t, feedsim.Options{Events: 100}).At(today)})
	tag := ask(t, h, http.MethodGet).header.Get("ETag")
	zipped := ask(t, h, http.MethodGet, "Accept-Encoding", "gzip").header.Get("ETag")
	for _, c := range []struct {
		name, candidates, accept string
		status                   int
	}{
		{"the same", tag, "", http.StatusNotModified},
		{"one of several", `"other", ` + tag, "", http.StatusNotModified},
		{"weakly the same", "W/" + tag, "", http.StatusNotModified},
		{"anything", "*", "", http.StatusNotModified},
		{"compressed", zipped, "gzip", http.StatusNotModified},
		{"compressed, but asked plain", zipped, "", http.StatusOK},
		{"another", `"other"`, "", http.StatusOK},
		{"empty", "", "", http.StatusOK},
	} {
		a := ask(t, h, http.MethodGet, "If-None-Match", c.candidates, "Accept-Encoding", c.accept)
		if a.status != c.status || (a.status == http.StatusNotModified) != (len(a.body) == 0) {
			t.Errorf("%s: %d with %d bytes", c.name, a.status, len(a.body))
		}
		if a.header.Get("ETag") == "" {
			t.Errorf("%s: no tag", c.name)
		}
	}
}

func TestHandlerNeverSaysUnchangedOfAChangedFeed(t *testing.T) {
	h := feedsim.Handler(newSim(t, feedsim.Options{Events: 100}))
	tag := ""
	for n := range 10 {
		a := ask(t, h, http.MethodGet, "If-None-Match", tag)
		if a.status != http.StatusOK {
			t.Fatalf("fetch %d: %d", n, a.status)
		}
		tag = a.header.Get("ETag")
	}
}

func TestHeadMovesNothing(t *testing.T) {
	h := feedsim.Handler(newSim(t, feedsim.Options{Events: 100}))
	first := ask(t, h, http.MethodHead)
	second := ask(t, h, http.MethodGet)
	third := ask(t, h, http.MethodHead)
	for _, a := range []answer{first, third} {
		if a.status != http.StatusOK || len(a.body) != 0 || a.header.Get("ETag") != second.header.Get("ETag") || a.header.Get("Content-Type") != "application/xml" {
			t.Errorf("%d, %d bytes, %v", a.status, len(a.body), a.header)
		}
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	h := feedsim.Handler(newSim(t, feedsim.Options{Events: 10}))
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		if a := ask(t, h, method); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, a.status, a.header.Get("Allow"))
		}
	}
}

// broken is a document that ends before its end.
type broken struct{}

func (broken) ETag() string { return "broken" }
func (broken) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, "<eventList>")
	return int64(n), errors.Join(err, errors.New("disk gone"))
}

func TestAPartIsNotTakenForTheWhole(t *testing.T) {
	server := httptest.NewServer(feedsim.Handler(still{broken{}}))
	defer server.Close()
	for _, disabled := range []bool{false, true} {
		transport := &http.Transport{DisableCompression: disabled}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := transport.RoundTrip(request)
		if err == nil {
			_, err = io.ReadAll(response.Body)
			response.Body.Close()
		}
		if err == nil {
			t.Errorf("compression off %t: read to the end", disabled)
		}
		transport.CloseIdleConnections()
	}
}

func TestParallelFetchesGetSuccessiveStates(t *testing.T) {
	server := httptest.NewServer(feedsim.Handler(newSim(t, feedsim.Options{Seed: 2, Events: 300})))
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	const fetches = 24
	bodies := make([][]byte, fetches)
	tags := make([]string, fetches)
	var group sync.WaitGroup
	for n := range fetches {
		group.Go(func() {
			response, err := server.Client().Get(server.URL + "/feed.xml")
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			tags[n] = response.Header.Get("ETag")
			if bodies[n], err = io.ReadAll(response.Body); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	// What they got is what one after the other would have got.
	alone := feedsim.Handler(newSim(t, feedsim.Options{Seed: 2, Events: 300}))
	want := map[string][]byte{}
	for range fetches {
		a := ask(t, alone, http.MethodGet, "Accept-Encoding", "gzip")
		want[a.header.Get("ETag")] = unzip(t, a.body)
	}
	for n := range fetches {
		if !bytes.Equal(bodies[n], want[tags[n]]) {
			t.Errorf("fetch %d with tag %s is none of the successive states", n, tags[n])
		}
		delete(want, tags[n])
	}
	if len(want) != 0 {
		t.Errorf("%d states were given twice, and so many never", len(want))
	}
}
