package crash

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

var shown = flag.Bool("account", false, "show where processes died, and what became of their catalogues")

func TestMain(m *testing.M) {
	if raw := os.Getenv(ordersVariable); raw != "" {
		if err := live(raw); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// Histories mostly wait, so more of them go on at a time than there are processors.
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(len(histories)+2)); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(exitCode int) {
		if *shown || testing.Verbose() {
			account.print(os.Stdout)
		}
		os.Exit(exitCode)
	}))
}
