package searchcost

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// The promises: how many times the processor time of a request may be another one's.
const (
	overFloor = 1.8 // of a search, that of net/http
	overFirst = 1.5 // of page 10,000, that of page 1
)

var (
	judge    = flag.Bool("judge", false, "measure, print the figures, and fail above the bounds")
	events   = flag.Int("events", 20_000, "size of the catalogue; page 10,000 is there from 210,000 on")
	long     = flag.Int("long", 0, "one event in so many lasts three weeks; 0 for none")
	rounds   = flag.Int("rounds", 45, "how many figures there are of each side")
	requests = flag.Int("requests", 8000, "how many make up a figure")
	profiles = flag.String("profiles", "", "folder for CPU profiles, taken after the figures")
)

// orders are what a process is started with.
type orders struct {
	Events  int
	Long    int      // one of them in so many lasts three weeks
	Environ []string // of the service
	Like    string   // URL of the service whose answers net/http is to give; empty for the service itself
}

// live is the life of a process.
func live(raw []byte) error {
	var o orders
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	if o.Like != "" {
		return serveFloor(o)
	}
	return serveService(o)
}

func TestMain(m *testing.M) {
	if code, child := prooftest.Child(live); child {
		os.Exit(code)
	}
	goleak.VerifyTestMain(m)
}
