package prooftest

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/wiring"
)

// Patience is for conditions that come true sooner or later; nothing is slower on a busy machine. The longest that the
// service itself ever waits is the 15 seconds after which a broker gives what a dead consumer had in hand to another one.
const Patience = 90 * time.Second

const ordersVariable = "MARQUEE_TEST_ORDERS"

// Child lives the life that its orders are for, if it was Start that started this process, and reports so with the code to exit
// with. It belongs at the beginning of TestMain.
func Child(live func(orders []byte) error) (code int, child bool) {
	raw, child := os.LookupEnv(ordersVariable)
	if !child {
		return 0, false
	}
	if err := live([]byte(raw)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	return 0, true
}

// Told returns when the standard input ends, which is how a process is told to stop. It also ends when the test dies.
func Told() { _, _ = io.Copy(io.Discard, os.Stdin) }

// Serve starts a process of the service, calls started, and stops it in order once told has returned.
func Serve(s wiring.Settings, started, told func(), options ...fx.Option) error {
	app := wiring.Process(s, options...)
	starting, cancel := context.WithTimeout(context.Background(), app.StartTimeout())
	defer cancel()
	if err := app.Start(starting); err != nil {
		return err
	}
	started()
	over := make(chan struct{})
	go func() {
		defer close(over)
		told()
	}()
	select {
	case <-over:
	case s := <-app.Wait():
		return fmt.Errorf("the process ended by itself, with %d", s.ExitCode)
	}
	stopping, cancel := context.WithTimeout(context.Background(), app.StopTimeout())
	defer cancel()
	return app.Stop(stopping)
}
