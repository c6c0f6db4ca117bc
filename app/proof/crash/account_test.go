package crash

import (
	"fmt"
	"io"
	"sync"
	"text/tabwriter"

	"github.com/marquee-events/marquee/core/catalogue"
)

// tally is what happened in a history.
type tally struct {
	lives          int
	named, random  map[point]int // deaths, by the point where a process was, or came by last
	passed         map[point]int
	repeated, late int // chunks that were applied twice, or after their run was superseded
}

func newTally() tally {
	return tally{named: map[point]int{}, random: map[point]int{}, passed: map[point]int{}}
}

// account is the sum of all histories that came to a good end, for people.
var account accounts

type accounts struct {
	mu        sync.Mutex
	histories int
	sum       tally
	runs      map[string]int
	events    int
	changes   map[catalogue.ChangeKind]int
}

func (a *accounts) add(t tally, f found) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.histories == 0 {
		a.sum, a.runs, a.changes = newTally(), map[string]int{}, map[catalogue.ChangeKind]int{}
	}
	a.histories++
	for into, from := range map[*map[point]int]map[point]int{&a.sum.named: t.named, &a.sum.random: t.random, &a.sum.passed: t.passed} {
		for p, n := range from {
			(*into)[p] += n
		}
	}
	a.sum.repeated += t.repeated
	a.sum.late += t.late
	for state, n := range f.runs {
		a.runs[state] += n
	}
	a.events += len(f.events)
	for _, c := range f.log {
		a.changes[c.Kind]++
	}
}

func (a *accounts) print(w io.Writer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.histories == 0 {
		return
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "passed\tkilled there\tat random, after it\t\n")
	var passed, named, random int
	row := func(p, n, r int, what string) { fmt.Fprintf(table, "%d\t%d\t%d\t  %s\n", p, n, r, what) }
	for _, p := range points {
		row(a.sum.passed[p], a.sum.named[p], a.sum.random[p], string(p))
		passed, named, random = passed+a.sum.passed[p], named+a.sum.named[p], random+a.sum.random[p]
	}
	row(passed, named, random, "in all")
	table.Flush()
	fmt.Fprintf(w, "\n%d catalogues: %d events; %d entries in their logs (%d added, %d updated, %d withdrawn, %d returned), none twice, none missing\n",
		a.histories, a.events, a.changes[catalogue.Added]+a.changes[catalogue.Updated]+a.changes[catalogue.Withdrawn]+a.changes[catalogue.Returned],
		a.changes[catalogue.Added], a.changes[catalogue.Updated], a.changes[catalogue.Withdrawn], a.changes[catalogue.Returned])
	fmt.Fprintf(w, "%d runs concluded, %d superseded; %d chunks came twice, %d after their run was superseded\n",
		a.runs[string(catalogue.Concluded)], a.runs[string(catalogue.Superseded)], a.sum.repeated, a.sum.late)
	fmt.Fprintf(w, "seed %d\n", *seed)
}
