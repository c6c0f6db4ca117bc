package fleet

import (
	"flag"
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

var (
	turns = flag.Int("runs", 4, "issues of the feed that the fleet reads")
	size  = flag.Int("events", 2400, "events in the feed")
	seed  = flag.Uint64("seed", 0, "draws the feed and who is killed; 0 for another one each time")
	shown = flag.Bool("account", false, "show what happened, and hold the fleet to the promises of a machine that is its own")
)

func TestMain(m *testing.M) {
	if code, child := prooftest.Child(live); child {
		os.Exit(code)
	}
	flag.Parse()
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	// They mostly wait.
	if err := flag.Set("test.parallel", strconv.Itoa(3)); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(exitCode int) {
		if *shown || testing.Verbose() {
			account.print(os.Stdout)
		}
		os.Exit(exitCode)
	}))
}
