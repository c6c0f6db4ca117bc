package membroker_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/adapters/membroker"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBroker(t *testing.T) {
	porttest.Broker(t, func(*testing.T) porttest.BrokerUnderTest {
		b := membroker.New(1000)
		return porttest.BrokerUnderTest{
			Dial:     func(*testing.T) porttest.BrokerClient { return b },
			Lease:    100 * time.Millisecond,
			Capacity: 1000,
			Crash:    func(*testing.T, porttest.BrokerClient) { b.LoseVerdicts() },
		}
	})
}

func TestConsumeNeedsAHandler(t *testing.T) {
	if err := membroker.New(1).Consume(t.Context(), 0, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("Consume with no handlers = %v, want %v", err, fault.Invalid)
	}
}
