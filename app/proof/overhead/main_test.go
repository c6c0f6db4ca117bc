package overhead

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// bound is how many times the processor time of a request may be that of one that nothing watches.
const bound = 1.3

var (
	judge    = flag.Bool("judge", false, "measure, print the figures, and fail above the bound")
	rounds   = flag.Int("rounds", 9, "how many figures there are of each process")
	rate     = flag.Int("rate", 1000, "requests a second")
	rare     = flag.Int("rare", 10, "one of how many questions was never asked before; 0 for none")
	profiles = flag.String("profiles", "", "folder for CPU profiles, taken after the figures")
)

func TestMain(m *testing.M) {
	if code, child := prooftest.Child(live); child {
		os.Exit(code)
	}
	goleak.VerifyTestMain(m)
}
