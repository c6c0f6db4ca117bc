package jetstream

import (
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/marquee-events/marquee/core/fault"
)

// Dial connects to the servers of a nats:// URL, several of them separated by commas. It returns at
// once when none answers, and the connection keeps trying until it is closed: until then the Broker
// on it is unavailable. The caller closes the connection. The logger may be nil.
func Dial(url string, logger *slog.Logger) (*nats.Conn, error) {
	conn, err := nats.Connect(url, append(connOptions(orSilent(logger)),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(500*time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 250*time.Millisecond), // all processes lose a server together
	)...)
	return conn, fault.Wrap(fault.Unavailable, "connect to the broker", err)
}

func connOptions(logger *slog.Logger) []nats.Option {
	return []nats.Option{
		nats.Name("marquee"),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // nil when it was closed on purpose
				logger.Warn("broker connection lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) { logger.Info("broker connection restored", "server", c.ConnectedUrlRedacted()) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { logger.Warn("broker connection", "error", err) }),
	}
}
