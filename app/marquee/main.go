// Command marquee collects events from ticketing providers and answers what is on.
package main

import (
	"os"

	"github.com/marquee-events/marquee/app/cli"
)

func main() { os.Exit(cli.Main()) }
