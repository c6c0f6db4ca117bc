package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/tools/browsertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// show serves a page with a strict policy, and beside it a script.
func show(t *testing.T, body, script string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/script.js" {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, script)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; img-src data:")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width"><title>A page</title><link rel="icon" href="data:,"><script src="/script.js" defer></script></head><body><main><h1>A page</h1>%s</main></body></html>`, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestComplaintsAreHeard(t *testing.T) {
	for name, page := range map[string]struct{ body, script, complaint string }{
		"an error on the console": {"", `console.error("broken")`, "broken"},
		"an exception":            {"", `throw new Error("out of events")`, "out of events"},
		"a style that is inline":  {`<p style="color: red">red</p>`, "", "Content Security Policy"},
	} {
		t.Run(name, func(t *testing.T) {
			tab := browsertest.Open(t, browsertest.Options{})
			tab.Do(chromedp.Navigate(show(t, page.body, page.script)), chromedp.WaitVisible("h1"))
			require.Eventually(t, func() bool { return len(tab.Complaints()) > 0 }, time.Minute, 10*time.Millisecond)
			assert.Contains(t, tab.Complaints()[0], page.complaint)
			tab.Expect(tab.Complaints()[0])
			assert.Empty(t, tab.Complaints())
		})
	}
}

func TestWithoutJavaScript(t *testing.T) {
	url := show(t, `<p id="said">nothing</p>`, `document.getElementById("said").textContent = "something"`)
	for without, want := range map[bool]string{false: "something", true: "nothing"} {
		tab := browsertest.Open(t, browsertest.Options{NoJavaScript: without})
		tab.Do(chromedp.Navigate(url))
		assert.Equal(t, want, browsertest.Get(tab, chromedp.Text("#said")))
	}
}

func TestWhoLooks(t *testing.T) {
	url := show(t, "", "")
	narrow := browsertest.Open(t, browsertest.Options{Width: 360, Height: 640, Dark: true})
	narrow.Do(chromedp.Navigate(url), chromedp.WaitVisible("h1"))
	assert.Equal(t, 360, browsertest.Eval[int](narrow, "window.innerWidth"))
	assert.True(t, browsertest.Eval[bool](narrow, `matchMedia("(prefers-color-scheme: dark)").matches`))
	assert.Equal(t, "\x89PNG", string(narrow.Picture()[:4]))
}

func TestAxeFindsWhatIsWrong(t *testing.T) {
	tab := browsertest.Open(t, browsertest.Options{})
	tab.Do(chromedp.Navigate(show(t, `<img src="data:,"><input>`, "")), chromedp.WaitVisible("h1"))
	found := tab.Axe()
	require.Len(t, found, 2, "%v", found)
	tab.Do(chromedp.Navigate(show(t, `<label>Name <input></label>`, "")), chromedp.WaitVisible("h1"))
	assert.Empty(t, tab.Axe())
}
