package searchcost

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// serveService is the API as it is shipped, but for where its index is filled from.
func serveService(o orders) error {
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
	settings := wiring.Settings{Config: c, Build: observability.Build{Version: "test"}, Roles: wiring.Roles{API: true}}
	catalogue := newProgramme(o.Events, o.Long)
	fill := fx.Decorate(func(ports.Snapshotter) ports.Snapshotter { return catalogue })
	var at *wiring.Addresses
	started := func() { prooftest.SayWhere("http://"+at.Of(wiring.PublicAPI), "http://"+at.Of(wiring.Admin)) }
	return prooftest.Serve(settings, started, prooftest.TellAccounts, fx.Populate(&at), fill)
}

// learned is how many answers net/http is told.
const learned = 512

// answer is one as it was sent.
type answer struct {
	header []field
	body   []byte
}

type field struct {
	name   string
	values []string
}

// serveFloor is net/http giving answers of the service, one after the other.
func serveFloor(o orders) error {
	answers, err := learn(o.Like)
	if err != nil {
		return err
	}
	var next atomic.Int64
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			a := &answers[(next.Add(1)-1)%learned]
			h := w.Header()
			for _, f := range a.header {
				h[f.name] = f.values
			}
			_, _ = w.Write(a.body) // who asked knows what is missing
		}),
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	prooftest.SayWhere("http://"+listener.Addr().String(), "")
	prooftest.TellAccounts()
	if err := errors.Join(server.Close(), <-served); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func learn(service string) (answers [learned]answer, err error) {
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	for i := range answers {
		header, body, err := get(client, service+toLearn(i))
		if err != nil {
			return answers, err
		}
		header.Del("Date") // which net/http tells by itself
		answers[i].body = body
		for name, values := range header {
			answers[i].header = append(answers[i].header, field{name, values})
		}
	}
	return answers, nil
}

func get(client *http.Client, url string) (http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(url + " is answered with " + response.Status + ": " + string(body))
	}
	return response.Header, body, err
}
