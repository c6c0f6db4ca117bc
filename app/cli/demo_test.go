package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi/apitest"
)

// What a newcomer does: start it, try the lines that it prints, stop it, start it again.
func TestDemo(t *testing.T) {
	s := newShell(t)
	data := s.with("MARQUEE_DATA_DIR=" + filepath.Join(s.dataDir(), "demo"))
	began := time.Now()
	demo := func(variables ...string) *process {
		p := s.with(variables...).start("demo", "--events", "150", "--interval", "1h")
		p.until("it says how to stop it", func() bool { return strings.Contains(p.out.String(), "Ctrl-C stops it in order.") })
		return p
	}

	p := demo()
	since := untilHistory(t, p, data, 31) // one for each day, and today's
	assert.WithinRange(t, since, began.AddDate(0, 0, -30).Add(-time.Minute), time.Now().AddDate(0, 0, -30).Add(time.Minute))

	lines := regexp.MustCompile(`http://[^\s']+`).FindAllString(p.out.String(), -1)
	require.Len(t, lines, 9, "pages, searches, status, metrics, feed, misbehaving, behaving:\n%s", p.out.String())
	for _, line := range lines[:7] {
		status, body := get(t, line)
		require.Equal(t, http.StatusOK, status, line)
		if strings.Contains(line, "/search") {
			assert.NotZero(t, countEvents(t, body), line)
		}
	}
	feed, misbehave, behave := lines[6], lines[7], lines[8]
	assert.Contains(t, ask(t, http.MethodPut, misbehave), "misbehaves until told otherwise: cut_connection")
	assert.Contains(t, ask(t, http.MethodGet, behave), "misbehaves until told otherwise: cut_connection", "it lists the ways, and what is in force")
	assert.Equal(t, "behaves\n", ask(t, http.MethodDelete, behave))
	status, _ := get(t, feed)
	assert.Equal(t, http.StatusOK, status)

	api, _, _ := strings.Cut(lines[2], "?")
	_, body := get(t, api+"?ends_at="+began.AddDate(0, 0, -14).UTC().Format(time.RFC3339))
	assert.NotZero(t, countEvents(t, body), "what was over two weeks ago is no longer in the feed")
	assert.Contains(t, p.out.String(), "MARQUEE_DATA_DIR="+filepath.Join(s.dataDir(), "demo")+" ")

	got := p.stop()
	assert.Zero(t, got.code, got)
	assert.Empty(t, got.err, "the screen is for what to try")

	p = demo("MARQUEE_LOG_LEVEL=INFO", "MARQUEE_LOG_FORMAT=json")
	p.line("feed read")
	p.line("run ended")
	got = p.stop()
	assert.Zero(t, got.code, got)
	assert.Equal(t, 1, strings.Count(got.err, `"msg":"run ended"`), "the second start reads today's feed only:\n%s", got.err)
}

// untilHistory waits until the feed was read so often, and tells when the first reading was. Every feed has a record
// on 31 September, which counts them.
func untilHistory(t *testing.T, p *process, data shell, runs int) (since time.Time) {
	t.Helper()
	row := regexp.MustCompile(`no_such_date +(\d+) +(\S+ \S+)`)
	var asked time.Time
	p.until(strconv.Itoa(runs)+" runs are applied", func() bool {
		if time.Since(asked) < 250*time.Millisecond { // opening the database costs what the process needs
			return false
		}
		asked = time.Now()
		got := row.FindStringSubmatch(data.run("rejected", "list").out)
		if len(got) < 3 || got[1] != strconv.Itoa(runs) {
			return false
		}
		var err error
		since, err = time.Parse(time.DateTime, got[2])
		require.NoError(t, err)
		return true
	})
	return since
}

func countEvents(t *testing.T, body string) int {
	t.Helper()
	var answer struct {
		Data struct{ Events []any }
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	return len(answer.Data.Events)
}

func TestFeedsim(t *testing.T) {
	p := newShell(t).start("feedsim", "--addr", "127.0.0.1:0", "--events", "20", "--dialect", "planList")
	feedURL := served(p)
	status, body := get(t, feedURL)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "<planList")
	assert.Contains(t, body, ` city="`)
	// A feed of a few events may stay as it is for one step, and does not for long.
	changed := false
	for i := 0; i < 20 && !changed; i++ {
		_, next := get(t, feedURL)
		changed = next != body
	}
	assert.True(t, changed, "it changes from fetch to fetch")
	assert.Zero(t, p.stop().code)
}

func TestFeedsimMisbehaves(t *testing.T) {
	p := newShell(t).start("feedsim", "--addr", "127.0.0.1:0", "--events", "20", "--misbehave", "html")
	feedURL := served(p)
	_, body := get(t, feedURL)
	assert.Contains(t, body, "<!DOCTYPE html>")
	control := regexp.MustCompile(`it misbehaves on request: (http://\S+)\n`).FindStringSubmatch(p.out.String())
	require.Len(t, control, 2, p.out.String())
	assert.Equal(t, "behaves\n", ask(t, http.MethodDelete, control[1]))
	_, body = get(t, feedURL)
	assert.Contains(t, body, "<eventList")

	ask(t, http.MethodPut, control[1]+"/no_answer?times=1")
	waiting := make(chan error, 1)
	go func() {
		response, err := http.Get(feedURL)
		if err == nil {
			response.Body.Close()
		}
		waiting <- err
	}()
	p.until("somebody is kept waiting", func() bool { return strings.HasPrefix(ask(t, http.MethodGet, control[1]), "behaves\n") })
	assert.Zero(t, p.stop().code, "who is kept waiting does not keep it from stopping")
	assert.Error(t, <-waiting)

	got := newShell(t).run("feedsim", "--misbehave", "rude")
	assert.Equal(t, 1, got.code, got)
	assert.Contains(t, got.err, `--misbehave: there is no misbehaviour "rude"; known are server_error,`)
}

// ask sends what a newcomer sends with curl, and returns what is answered.
func ask(t *testing.T, method, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	require.NoError(t, err)
	client := &http.Client{Transport: apitest.Transport(t, &http.Transport{DisableKeepAlives: true})}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", body)
	return string(body)
}

func TestFeedsimPlain(t *testing.T) {
	p := newShell(t).start("feedsim", "--addr", "127.0.0.1:0", "--events", "20", "--plain")
	_, body := get(t, served(p))
	assert.Contains(t, body, "<eventList")
	assert.NotContains(t, body, ` city="`)
}

func TestFeedsimReplays(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{"1.xml": "<first/>", "2.xml": "<second/>", "notes.txt": "not a feed"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	feedURL := served(newShell(t).start("feedsim", "--addr", "127.0.0.1:0", "--replay", folder))
	for _, want := range []string{"<first/>", "<second/>", "<second/>"} {
		_, body := get(t, feedURL)
		assert.Equal(t, want, body)
	}

	for folder, says := range map[string]string{
		filepath.Join(folder, "nowhere"): "no such file or directory",
		t.TempDir():                      "the folder has no *.xml and no *.xml.gz",
	} {
		got := newShell(t).run("feedsim", "--replay", folder)
		assert.Equal(t, 1, got.code, got)
		assert.Contains(t, got.err, "--replay "+folder+": ")
		assert.Contains(t, got.err, says)
	}
}

// served is the feed's URL, once it is printed.
func served(p *process) string {
	p.t.Helper()
	printed := regexp.MustCompile(`^serving (http://\S+)\n`)
	p.until("it says where", func() bool { return printed.MatchString(p.out.String()) })
	return printed.FindStringSubmatch(p.out.String())[1]
}
