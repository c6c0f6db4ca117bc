package feedsim_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/marquee-events/marquee/adapters/feedsim"
)

func zipped(t *testing.T, content string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := io.WriteString(z, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func newReplay(t *testing.T, files fstest.MapFS) *feedsim.Replay {
	t.Helper()
	r, err := feedsim.NewReplay(files)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReplayInTheOrderOfNames(t *testing.T) {
	h := feedsim.Handler(newReplay(t, fstest.MapFS{
		"02.xml.gz":   {Data: zipped(t, "<two/>")},
		"10.xml":      {Data: []byte("<three/>")},
		"01.xml":      {Data: []byte("<one/>")},
		"readme.md":   {Data: []byte("no feed")},
		"00/zero.xml": {Data: []byte("<zero/>")},
	}))
	if a := ask(t, h, http.MethodHead); a.status != http.StatusOK {
		t.Errorf("HEAD: %d", a.status)
	}
	tag := ""
	for n, want := range []string{"<one/>", "<two/>", "<three/>", "", ""} {
		a := ask(t, h, http.MethodGet, "If-None-Match", tag)
		tag = a.header.Get("ETag")
		if string(a.body) != want || (a.status == http.StatusNotModified) != (want == "") {
			t.Errorf("fetch %d: %d %q", n, a.status, a.body)
		}
	}
	if a := ask(t, h, http.MethodGet, "Accept-Encoding", "gzip"); string(unzip(t, a.body)) != "<three/>" {
		t.Errorf("compressed: %q", unzip(t, a.body))
	}
}

func TestReplayTagsContent(t *testing.T) {
	r := newReplay(t, fstest.MapFS{"1.xml": {Data: []byte("<a/>")}, "2.xml.gz": {Data: zipped(t, "<a/>")}, "3.xml": {Data: []byte("<b/>")}})
	a, again, b := fetch(t, r), fetch(t, r), fetch(t, r)
	if a.ETag() != again.ETag() || a.ETag() == b.ETag() {
		t.Errorf("tags %s, %s, %s", a.ETag(), again.ETag(), b.ETag())
	}
}

func TestReplayGoesOnAfterAnUnreadableFile(t *testing.T) {
	h := feedsim.Handler(newReplay(t, fstest.MapFS{"1.xml.gz": {Data: []byte("not compressed")}, "2.xml": {Data: []byte("<b/>")}}))
	if a := ask(t, h, http.MethodGet); a.status != http.StatusInternalServerError || !strings.Contains(string(a.body), "1.xml.gz") {
		t.Errorf("%d %q", a.status, a.body)
	}
	if a := ask(t, h, http.MethodGet); a.status != http.StatusOK || string(a.body) != "<b/>" {
		t.Errorf("%d %q", a.status, a.body)
	}
}

func TestReplayNeedsFiles(t *testing.T) {
	if _, err := feedsim.NewReplay(fstest.MapFS{"readme.md": {}}); err == nil {
		t.Error("accepted a folder without feeds")
	}
}

func TestReplayGivesEachFileOnce(t *testing.T) {
	r := newReplay(t, fstest.MapFS{"1.xml": {Data: []byte("<a/>")}, "2.xml": {Data: []byte("<b/>")}, "3.xml": {Data: []byte("<c/>")}})
	tags := make([]string, 3)
	var group sync.WaitGroup
	for n := range tags {
		group.Go(func() { tags[n] = fetch(t, r).ETag() })
	}
	group.Wait()
	if tags[0] == tags[1] || tags[1] == tags[2] || tags[0] == tags[2] {
		t.Errorf("tags %v", tags)
	}
}
