package prooftest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

// Same fails the test where two maps differ, and shows the first few differences of what may be thousands.
func Same[K, V comparable](t testing.TB, what string, want, got map[K]V) {
	t.Helper()
	var differences []string
	for _, key := range slices.Collect(maps.Keys(want)) {
		if g, ok := got[key]; !ok {
			differences = append(differences, fmt.Sprintf("%v is missing: %+v", key, want[key]))
		} else if g != want[key] {
			differences = append(differences, fmt.Sprintf("%v is\n    %+v, not\n    %+v", key, g, want[key]))
		}
	}
	for key, g := range got {
		if _, ok := want[key]; !ok {
			differences = append(differences, fmt.Sprintf("%v is too many: %+v", key, g))
		}
	}
	const shown = 5
	for _, d := range differences[:min(shown, len(differences))] {
		t.Errorf("%s: %s", what, d)
	}
	if n := len(differences); n > shown {
		t.Errorf("%s: and %d more differences", what, n-shown)
	}
}
