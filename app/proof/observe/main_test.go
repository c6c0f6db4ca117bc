package observe

import (
	"flag"
	"os"
	"testing"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

var (
	all  = flag.Bool("all", false, "prove every alert and every query; takes a quarter of an hour")
	some = flag.String("fault", "", "only faults whose description has this in it")
)

// The process that this test binary becomes when it is started again is a broker.
func TestMain(m *testing.M) {
	code, child := prooftest.Child(prooftest.BrokerLife)
	if !child {
		code = m.Run()
	}
	os.Exit(code)
}
