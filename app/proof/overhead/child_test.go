package overhead

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/observability"
)

// orders are what a process is started with.
type orders struct {
	Fill    bool     // read the feed into the catalogue and end; otherwise answer questions about it
	Bare    bool     // nothing watches requests, and nothing limits them
	Environ []string // what OpenTelemetry reads for itself included
}

// live is the life of a process.
func live(raw []byte) error {
	var o orders
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	for _, variable := range o.Environ {
		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	c, _, err := config.Load(o.Environ)
	if err != nil {
		return err
	}
	settings := wiring.Settings{Config: c, Build: observability.Build{Version: "test"}}
	if o.Fill {
		return fill(settings)
	}
	settings.Roles = wiring.Roles{API: true}
	var at *wiring.Addresses
	options := []fx.Option{fx.Populate(&at)}
	if o.Bare {
		settings.Log = io.Discard
		options = append(options, bare)
	}
	started := func() { prooftest.SayWhere("http://"+at.Of(wiring.PublicAPI), "http://"+at.Of(wiring.Admin)) }
	return prooftest.Serve(settings, started, prooftest.TellAccounts, options...)
}
