package feedsim_test

import (
	"testing"

	"github.com/marquee-events/marquee/adapters/feedsim"
)

// TestSample is for people: run it with -v, and see whether you would believe it.
func TestSample(t *testing.T) {
	f := parse(t, render(t, newSim(t, feedsim.Options{Seed: 7, Events: 1000, Extended: true}).At(today)))
	if f.events() == 0 {
		t.Fatal("an empty feed")
	}
	step := max(1, len(f.bases)/14)
	for i := 1; i < len(f.bases); i += step {
		b := f.bases[i]
		t.Logf("%s  %s  [%s, %s, %s, %s] organizer %q, %d events", b.id, b.title, b.attrs["category"], b.attrs["city"], b.attrs["venue"], b.sellMode, b.organizer, len(b.events))
		for _, e := range b.events[:min(2, len(b.events))] {
			t.Logf("    %s  %s – %s  on sale %s – %s  sold out: %s", e.id, e.start, e.end, e.saleFrom, e.saleTo, e.soldOut)
			for _, z := range e.zones {
				t.Logf("        %6s  %-28s %8s EUR  %5s left", z.id, z.name, z.price, z.capacity)
			}
		}
	}
	t.Logf("%d base events, %d events", len(f.bases), f.events())
}
