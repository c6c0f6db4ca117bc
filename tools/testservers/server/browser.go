package server

import (
	"errors"
	"os"
	"os/exec"
	"testing"
)

const (
	browserVariable = "MARQUEE_TEST_BROWSER"
	browserPackage  = "chromium"
)

var errNoBrowser = errors.New("the tests of pages need Chromium or Chrome, and neither is here: install one, or say where it is with " + browserVariable)

// Browser returns the path of Chromium or Chrome. The test is skipped or fails where there is none, as the package says.
func Browser(tb testing.TB) string {
	tb.Helper()
	skipIfShort(tb)
	browser := findBrowser()
	if browser == "" {
		absent(tb, errNoBrowser.Error())
	}
	return browser
}

// findBrowser looks where somebody says it is, in PATH, and where macOS keeps it.
func findBrowser() string {
	if browser := os.Getenv(browserVariable); browser != "" {
		return browser
	}
	for _, name := range []string{
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
	} {
		if browser, err := exec.LookPath(name); err == nil {
			return browser
		}
	}
	return ""
}
