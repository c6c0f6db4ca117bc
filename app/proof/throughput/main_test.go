//go:build linux

package throughput

import (
	"flag"
	"testing"
	_ "time/tzdata" // the feed is of Madrid, also where no zones are installed

	"go.uber.org/goleak"

	"os"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

var (
	events    = flag.Int("events", 2000, "events in the feed")
	consumers = flag.Int("consumers", 2, "chunks that the consumer applies at a time")
	figures   = flag.Bool("figures", false, "print the figures")
	profiles  = flag.String("profiles", "", "folder for CPU profiles of fetcher and consumer; taking them costs a little")
)

func TestMain(m *testing.M) {
	if code, child := prooftest.Child(live); child {
		os.Exit(code)
	}
	goleak.VerifyTestMain(m)
}
