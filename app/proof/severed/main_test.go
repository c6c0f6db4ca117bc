package severed

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
	awayFor = flag.Duration("for", 5*time.Second, "how long everything is away, each time")
	events  = flag.Int("events", 2000, "events in the catalogue whose dependencies are taken away")
	audited = flag.Int("audited", 20_000, "events in the catalogue of which some are changed behind its back")
	seed    = flag.Uint64("seed", 1, "draws the catalogue and the questions")
)

// The process that this test binary becomes when it is started again is a broker.
func TestMain(m *testing.M) {
	if code, child := prooftest.Child(prooftest.BrokerLife); child {
		os.Exit(code)
	}
	flag.Parse()
	// They mostly wait.
	if err := flag.Set("test.parallel", strconv.Itoa(4)); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
