package wiring

import (
	"context"
	"log/slog"

	"github.com/nats-io/nats.go"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/jetstream"
	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

func openBroker(lc fx.Lifecycle, s Settings, c config.Config, dir DataDir, log *slog.Logger, probes *observability.Probes) (*jetstream.Broker, error) {
	link, err := linkToBroker(c, dir, log)
	if err != nil {
		return nil, err
	}
	broker, err := jetstream.New(link.conn, jetstream.Options{Logger: log})
	if err != nil {
		link.close()
		return nil, err
	}
	lc.Append(fx.StartStopHook(func(ctx context.Context) error {
		err := broker.Declare(ctx)
		if err != nil && c.BrokerURL != "" && fault.Is(err, fault.Unavailable) {
			// What is known can be searched meanwhile; the rest begins when the broker is there.
			log.WarnContext(ctx, "the broker is away", "error", err)
			return nil
		}
		return err
	}, link.close))
	dependsOn(s.Roles, probes, "broker", func(ctx context.Context) error {
		_, err := broker.Backlog(ctx)
		return err
	})
	return broker, nil
}

// brokerLink is a connection to a broker, and how it ends.
type brokerLink struct {
	conn  *nats.Conn
	close func()
}

// linkToBroker connects to the broker that is configured, or to one that it starts in the data folder.
func linkToBroker(c config.Config, dir DataDir, log *slog.Logger) (brokerLink, error) {
	if c.BrokerURL != "" {
		conn, err := jetstream.Dial(c.BrokerURL, log)
		if err != nil {
			return brokerLink{}, err
		}
		return brokerLink{conn, conn.Close}, nil
	}
	server, err := jetstream.Start(jetstream.ServerOptions{Dir: dir.Broker(), Logger: log})
	if err != nil {
		return brokerLink{}, err
	}
	conn, err := server.Connect()
	if err != nil {
		server.Close()
		return brokerLink{}, err
	}
	return brokerLink{conn, func() {
		conn.Close()
		server.Close()
	}}, nil
}

type brokerPorts struct {
	fx.Out

	Publisher ports.Publisher
	Intake    ports.Intake
	Backlog   ports.Backlog
}

func observedBroker(b *jetstream.Broker, rec *observability.Recorder) brokerPorts {
	return brokerPorts{
		Publisher: observability.ObservePublisher(b, rec),
		Intake:    observability.ObserveIntake(b, rec),
		Backlog:   observability.ObserveBacklog(b, rec),
	}
}
