package wiring

import (
	"context"
	"log/slog"

	"github.com/nats-io/nats.go"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/jetstream"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

func openBroker(lc fx.Lifecycle, dir DataDir, log *slog.Logger, probes *observability.Probes) (*jetstream.Broker, error) {
	server, err := jetstream.Start(jetstream.ServerOptions{Dir: dir.Broker(), Logger: log})
	if err != nil {
		return nil, err
	}
	var conn *nats.Conn
	closeAll := func() {
		if conn != nil {
			conn.Close()
		}
		server.Close()
	}
	if conn, err = server.Connect(); err != nil {
		closeAll()
		return nil, err
	}
	broker, err := jetstream.New(conn, jetstream.Options{Logger: log})
	if err != nil {
		closeAll()
		return nil, err
	}
	lc.Append(fx.StartStopHook(broker.Declare, closeAll))
	probes.Add("broker", 0, func(ctx context.Context) error {
		_, err := broker.Backlog(ctx)
		return err
	})
	return broker, nil
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
