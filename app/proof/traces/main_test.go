package traces

import (
	"os"
	"testing"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// The process that this test binary becomes when it is started again is a broker.
func TestMain(m *testing.M) {
	code, child := prooftest.Child(prooftest.BrokerLife)
	if !child {
		code = m.Run()
	}
	os.Exit(code)
}
