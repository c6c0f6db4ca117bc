package browsertest

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

// patience is how long a browser may take for anything, on a machine that has other things to do.
const patience = time.Minute

// Options say what kind of person looks; the zero value has a wide window, likes it light, and has JavaScript.
type Options struct {
	Width, Height int64 // of the window in CSS pixels; 1280 by 900 unless set
	Scale         float64
	Dark          bool
	NoJavaScript  bool
}

// Tab is a browser with one tab. It is for one goroutine.
type Tab struct {
	t testing.TB
	// within is the tab, as chromedp has it, for so long.
	within func(time.Duration) (context.Context, context.CancelFunc)

	mu         sync.Mutex
	complaints []string
	expected   []string
}

// Open starts a browser, and ends it with the test. The test is skipped or fails where there is none, as package server says.
func Open(t testing.TB, o Options) *Tab {
	t.Helper()
	browser := server.Browser(t)
	flags := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), // with a new profile each time
		chromedp.ExecPath(browser),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("hide-scrollbars", true),
		// A home of its own: what the person at this machine has set is nobody's business.
		chromedp.Env("HOME="+t.TempDir()),
	)
	if syscall.Geteuid() == 0 {
		flags = append(flags, chromedp.NoSandbox)
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), flags...)
	t.Cleanup(end)
	tab := &Tab{t: t}
	ctx, closeTab := chromedp.NewContext(allocator, chromedp.WithListener(tab.listen))
	t.Cleanup(closeTab)
	tab.within = func(d time.Duration) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, d) }
	require.NoError(t, chromedp.Do(ctx), "start %s", browser)
	t.Cleanup(func() {
		ctx, late := context.WithTimeout(ctx, patience)
		defer late()
		assert.NoError(t, chromedp.Cancel(ctx), "end %s", browser)
		assert.Empty(t, tab.Complaints(), "the page complained")
	})
	tab.Do(o.steps()...)
	return tab
}

// Step is something that is done with a tab and brings nothing.
type Step = chromedp.Action[chromedp.Void]

// tell is a step that gives a command to the tab.
func tell[P, R any](command cdp.Command[P, R], with P) Step {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, command, with)
		return err
	})
}

func (o Options) steps() []Step {
	if o.Width == 0 {
		o.Width, o.Height = 1280, 900
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	scheme := "light"
	if o.Dark {
		scheme = "dark"
	}
	return []Step{
		tell(log.Enable, cdp.Empty{}),
		tell(runtime.Enable, cdp.Empty{}),
		tell(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: o.Width, Height: o.Height, DeviceScaleFactor: o.Scale, Mobile: o.Width < 600}),
		tell(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}}),
		tell(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: o.NoJavaScript}),
		tell(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Madrid"}),
		tell(emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "en_GB"}),
	}
}

// Do does one thing after the other, each as soon as it is possible. What does not become so fails the test.
func (tab *Tab) Do(steps ...Step) {
	tab.t.Helper()
	Get(tab, chromedp.Steps(steps...))
}

// Get does something that brings something.
func Get[V any](tab *Tab, action chromedp.Action[V]) V {
	tab.t.Helper()
	ctx, cancel := tab.within(patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		tab.keepPicture()
		require.NoError(tab.t, err, "the page complained: %v", tab.Complaints())
	}
	return v
}

// keepPicture keeps what the page looked like when a test failed, where somebody wants to look at it.
func (tab *Tab) keepPicture() {
	folder := os.Getenv("MARQUEE_TEST_PICTURES")
	if folder == "" {
		return
	}
	ctx, cancel := tab.within(10 * time.Second)
	defer cancel()
	if picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot()); err == nil {
		name := folder + "/" + strings.ReplaceAll(tab.t.Name(), "/", "-") + ".png"
		if os.WriteFile(name, picture, 0o600) == nil {
			tab.t.Logf("what it looked like: %s", name)
		}
	}
}

// Eval evaluates an expression of JavaScript in the page.
func Eval[V any](tab *Tab, expression string) V {
	tab.t.Helper()
	return Get(tab, chromedp.Evaluate[V](expression))
}

// Until waits for an expression of JavaScript to be true.
func (tab *Tab) Until(expression string) {
	tab.t.Helper()
	tab.Do(chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(0)))
}

// Picture is what the window shows, as PNG.
func (tab *Tab) Picture() []byte {
	tab.t.Helper()
	return Get(tab, chromedp.CaptureScreenshot())
}

// Expect has a complaint that contains the text not fail the test.
func (tab *Tab) Expect(text string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.expected = append(tab.expected, text)
}

// Complaints are those so far that are not expected.
func (tab *Tab) Complaints() (unexpected []string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
next:
	for _, c := range tab.complaints {
		for _, text := range tab.expected {
			if strings.Contains(c, text) {
				continue next
			}
		}
		unexpected = append(unexpected, c)
	}
	return unexpected
}

func (tab *Tab) listen(event any) {
	complaint := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			complaint = fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		complaint = "exception: " + e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			complaint += " " + thrown.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			var said []string
			for _, a := range e.Args {
				said = append(said, string(a.Value)+a.Description)
			}
			complaint = "console: " + strings.Join(said, " ")
		}
	}
	if complaint == "" {
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.complaints = append(tab.complaints, complaint)
}
