//go:build linux

package readmodel

import (
	"flag"
	"os"
	"testing"
	"time"
	_ "time/tzdata" // the programme is of Madrid, also where no zones are installed

	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// bound is how soon 99 of 100 commits have to be visible.
const bound = time.Second

var (
	events   = flag.Int("events", 1000, "events in the catalogue")
	commits  = flag.Int("commits", 10, "commits whose way is measured, in each store")
	window   = flag.Duration("window", 500*time.Millisecond, "how long each cost is measured")
	searches = flag.Int("searches", 100, "searches a second")
	changes  = flag.Int("changes", 1000, "changes a second")
	judge    = flag.Bool("judge", false, "print the figures, and fail above the bound")
	profiles = flag.String("profiles", "", "folder for CPU profiles of each window; taking them costs a little")
)

func TestMain(m *testing.M) {
	if code, child := prooftest.Child(live); child {
		os.Exit(code)
	}
	goleak.VerifyTestMain(m)
}
