package browsertest

import (
	"fmt"
	"os"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// axeVariable is where axe-core is. make test sets it.
const axeVariable = "MARQUEE_TEST_AXE"

// Axe checks the page against the rules of accessibility (WCAG 2.2 A and AA, and axe-core's best practices), and returns what is
// wrong, a line each. The page has to run JavaScript. Its Content-Security-Policy is no hindrance.
func (tab *Tab) Axe() (violations []string) {
	tab.t.Helper()
	path := os.Getenv(axeVariable)
	if path == "" {
		if os.Getenv("MARQUEE_TEST_SERVERS") == "required" {
			require.FailNow(tab.t, "axe-core is missing", "%s does not say where it is: run make test, or make tools and say bin/tools/web/node_modules/axe-core/axe.min.js", axeVariable)
		}
		tab.t.Skipf("%s does not say where axe-core is: make test does", axeVariable)
	}
	program, err := os.ReadFile(path)
	require.NoError(tab.t, err)
	type result struct {
		ID     string `json:"id"`
		Impact string `json:"impact"`
		Help   string `json:"help"`
		Nodes  []struct {
			HTML           string `json:"html"`
			FailureSummary string `json:"failureSummary"`
		} `json:"nodes"`
	}
	tab.Do(chromedp.Evaluate[chromedp.Void](string(program)))
	results := Get(tab, chromedp.Evaluate[[]result](`axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations)`, chromedp.EvalAwaitPromise))
	for _, r := range results {
		for _, n := range r.Nodes {
			violations = append(violations, fmt.Sprintf("%s (%s, %s): %s: %s", r.Help, r.ID, r.Impact, n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", " ")))
		}
	}
	return violations
}
