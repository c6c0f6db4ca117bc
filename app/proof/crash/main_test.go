package crash

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

var shown = flag.Bool("account", false, "show where processes died, and what became of their catalogues")

func TestMain(m *testing.M) {
	if code, child := prooftest.Child(live); child {
		os.Exit(code)
	}
	// Histories mostly wait, so more of them go on at a time than there are processors.
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(len(histories)+2)); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(exitCode int) {
		if *shown || testing.Verbose() {
			account.print(os.Stdout)
		}
		os.Exit(exitCode)
	}))
}
