package fleet

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
)

// account is for people.
var account accounts

// accounts are of a fleet that came to a good end, if any.
type accounts struct {
	of       *fleet
	versions string // what two of them did
}

func (a *accounts) add(f *fleet) {
	if !f.t.Failed() {
		a.of = f
	}
}

func (a *accounts) print(w io.Writer) {
	f := a.of
	if f == nil {
		return
	}
	row := func(format string, values ...any) { fmt.Fprintf(w, "  "+format+"\n", values...) }
	fmt.Fprintln(w, "two processes that answer, three that consume, two that fetch; one PostgreSQL, one Redis, one NATS server:")
	row("%d issues of a feed with %d events in %s", f.issue, *size, f.took.Round(time.Second))
	row("%d runs concluded, %d superseded; %d events; %d entries in the log (%d added, %d updated, %d withdrawn, %d returned), none twice, none missing",
		f.runs[catalogue.Concluded], f.runs[catalogue.Superseded], f.events,
		f.entries[catalogue.Added]+f.entries[catalogue.Updated]+f.entries[catalogue.Withdrawn]+f.entries[catalogue.Returned],
		f.entries[catalogue.Added], f.entries[catalogue.Updated], f.entries[catalogue.Withdrawn], f.entries[catalogue.Returned])
	row("%d fetchers killed in the middle of the feed; the other one began its first run after %s", f.fetchersKilled, durations(f.takeOvers))
	row("%d times a chunk of the run before was being applied, and the new run waited for that", f.waited)
	for _, s := range stages {
		killed := 0
		for _, k := range f.killed {
			if k == s {
				killed++
			}
		}
		row("%d consumers killed with a chunk %s", killed, s)
	}
	row("%s later nothing was left of it; %d chunks came after their run was superseded, %d twice", durations(f.redelivered), f.late, f.again)
	row("%d changes from their commit to the answers of all APIs: 99%% within %s, the last after %s", len(f.observer.lags), f.p99Visible.Round(time.Millisecond), f.longestVisible.Round(time.Millisecond))
	row("%d searches meanwhile, each of them answered, the slowest after %s; %d answers came from Redis", f.answered, f.longestAnswer.Round(time.Millisecond), f.shared)
	row("the clocks of a fetcher and of a consumer were an hour ahead, that of another consumer an hour behind")
	if a.versions != "" {
		row("%s", a.versions)
	}
	row("seed %d", *seed)
}

// durations are the shortest and the longest.
func durations(all []time.Duration) string {
	if len(all) == 0 {
		return "no time"
	}
	const digits = 100 * time.Millisecond
	return fmt.Sprintf("%s to %s", slices.Min(all).Round(digits), slices.Max(all).Round(digits))
}
