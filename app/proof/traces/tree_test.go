package traces

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The libraries that make spans.
const (
	scopeOwn = "github.com/marquee-events/marquee/observability"
	scopeSQL = "github.com/exaring/otelpgx"
)

// draw draws the spans of a trace as a tree, each as "name (kind) @role", in the order in which they began. Neighbours that
// look the same are drawn once, with how many there are. The process is told where it is another one than above.
//
// A span whose parent is not among them is a root: that of the trace, or what somebody else called.
func draw(spans []span) string {
	spans = slices.DeleteFunc(slices.Clone(spans), ofThePool)
	known := map[string]bool{}
	for _, s := range spans {
		known[s.SpanID] = true
	}
	below := map[string][]span{}
	for _, s := range spans {
		parent := s.ParentID
		if !known[parent] {
			parent = ""
		}
		below[parent] = append(below[parent], s)
	}
	return strings.Join(drawBelow(below, "", ""), "\n")
}

// ofThePool tells what a pool of connections does from what a transaction is made of: whether a connection has to be made or a
// statement prepared on it depends on what was done with the connections before.
func ofThePool(s span) bool {
	return s.Name == "connect" || s.Name == "pool.acquire" || s.Attributes.text("pgx.prepare_stmt.name") != ""
}

func drawBelow(below map[string][]span, parent, role string) (lines []string) {
	siblings := below[parent]
	slices.SortStableFunc(siblings, func(a, b span) int { return cmp.Compare(a.Start, b.Start) })
	var drawn []string // of each sibling, all lines
	for len(siblings) > 0 {
		if n := statements(siblings); n > 0 {
			drawn = append(drawn, drawStatements(siblings[:n]))
			siblings = siblings[n:]
			continue
		}
		s := siblings[0]
		siblings = siblings[1:]
		title := fmt.Sprintf("%s (%s)", s.title(), s.kind())
		if s.role != role {
			title += " @" + s.role
		}
		of := []string{title}
		for _, line := range drawBelow(below, s.SpanID, s.role) {
			of = append(of, "  "+line)
		}
		drawn = append(drawn, strings.Join(of, "\n"))
	}
	for len(drawn) > 0 {
		same := 1
		for same < len(drawn) && drawn[same] == drawn[0] {
			same++
		}
		first := drawn[0]
		if same > 1 {
			title, rest, _ := strings.Cut(first, "\n")
			first = strings.TrimSuffix(fmt.Sprintf("%s ×%d\n%s", title, same, rest), "\n")
		}
		lines = append(lines, strings.Split(first, "\n")...)
		drawn = drawn[same:]
	}
	return lines
}

// statements is how many of the first spans are statements of SQL.
func statements(spans []span) int {
	if i := slices.IndexFunc(spans, func(s span) bool { return s.scope != scopeSQL }); i >= 0 {
		return i
	}
	return len(spans)
}

// drawStatements draws the first and the last: what is between them is the store's own affair, and changes with it.
func drawStatements(spans []span) string {
	name := spans[0].Name
	if last := spans[len(spans)-1].Name; len(spans) > 1 {
		name += " … " + last
	}
	return fmt.Sprintf("%s (%s) on %s", name, spans[0].kind(), spans[0].Attributes.text("db.system.name"))
}

// title is the name of a span, and of an answer that is kept the layer.
func (s span) title() string {
	if layer := s.Attributes.text("marquee.cache.layer"); layer != "" {
		return s.Name + " in " + layer
	}
	return s.Name
}
