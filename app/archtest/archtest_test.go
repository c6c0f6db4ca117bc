package archtest

import (
	"errors"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the module's folder as seen from this one.
const root = "../.."

func TestEveryPackageKeepsTheRules(t *testing.T) {
	packages := load(t)

	// A walk that finds nothing would pass for the wrong reason.
	for _, known := range []string{"core/event", "app/archtest", "tools/testservers/server"} {
		if !slices.ContainsFunc(packages, func(p pkg) bool { return p.path == known }) {
			t.Fatalf("read %d packages under %s and %s is not one of them", len(packages), root, known)
		}
	}
	for _, p := range packages {
		for _, problem := range check(p) {
			t.Error(problem)
		}
	}
}

// The checker is tried on packages that nobody wrote: each of these breaks or keeps one rule.
func TestCheck(t *testing.T) {
	ours := func(inside string) []string { return []string{module + "/" + inside} }
	tests := map[string]struct {
		pkg  pkg
		want string // part of the one complaint; empty: none
	}{
		"a leaf needs nothing":             {pkg{path: "core/fault", imports: []string{"errors"}}, ""},
		"a leaf imports a use case":        {pkg{path: "core/event", imports: ours("core/search")}, "core/event imports " + module + "/core/search"},
		"a leaf imports another above it":  {pkg{path: "core/event", imports: ours("core/catalogue")}, "core/catalogue"},
		"events fold their titles":         {pkg{path: "core/event", imports: []string{"golang.org/x/text/cases"}}, ""},
		"the core imports a driver":        {pkg{path: "core/ingest", imports: []string{"github.com/jackc/pgx/v5"}}, "pgx"},
		"the core speaks through ports":    {pkg{path: "core/ingest", imports: ours("ports")}, ""},
		"the core imports an adapter":      {pkg{path: "core/search", imports: ours("adapters/sqlite")}, "adapters/sqlite"},
		"a use case imports another":       {pkg{path: "core/search", imports: ours("core/ingest")}, "core/ingest"},
		"a part of the core added later":   {pkg{path: "core/digest", imports: ours("adapters/sqlite")}, "adapters/sqlite"},
		"a port names a library":           {pkg{path: "ports", imports: []string{"go.opentelemetry.io/otel/trace"}}, "otel"},
		"a contract uses test libraries":   {pkg{path: "ports/porttest", imports: []string{"testing", "pgregory.net/rapid"}}, ""},
		"a contract drives a use case":     {pkg{path: "ports/porttest", imports: ours("core/ingest")}, ""},
		"a contract knows an adapter":      {pkg{path: "ports/porttest", imports: ours("adapters/memindex")}, "adapters/memindex"},
		"an adapter and its driver":        {pkg{path: "adapters/sqlite", imports: []string{"modernc.org/sqlite"}}, ""},
		"an adapter and its own parts":     {pkg{path: "adapters/sqlite", imports: ours("adapters/sqlite/migrations")}, ""},
		"a part of an adapter and its own": {pkg{path: "adapters/sqlite/migrations", imports: ours("adapters/sqlite")}, ""},
		"an adapter and a shared helper":   {pkg{path: "adapters/sqlite", imports: ours("adapters/internal/sqlcriteria")}, ""},
		"an adapter imports another":       {pkg{path: "adapters/sqlite", imports: ours("adapters/postgres")}, "adapters/postgres"},
		"a longer name is another adapter": {pkg{path: "adapters/sqlite", imports: ours("adapters/sqlitex")}, "adapters/sqlitex"},
		"an adapter imports a contract":    {pkg{path: "adapters/sqlite", imports: ours("ports/porttest")}, "ports/porttest"},
		"an adapter imports fx":            {pkg{path: "adapters/sqlite", imports: []string{"go.uber.org/fx"}}, "fx"},
		"an adapter imports telemetry":     {pkg{path: "adapters/sqlite", imports: ours("observability")}, "observability"},
		"an adapter counts by itself":      {pkg{path: "adapters/sqlite", imports: []string{"github.com/prometheus/client_golang/prometheus"}}, "prometheus"},
		"an adapter opens a span":          {pkg{path: "adapters/httpapi", imports: []string{"go.opentelemetry.io/otel/trace"}}, ""},
		"a shared helper knows an adapter": {pkg{path: "adapters/internal/chunks", imports: ours("adapters/jetstream")}, "adapters/jetstream"},
		"telemetry imports an adapter":     {pkg{path: "observability", imports: ours("adapters/sqlite")}, "adapters/sqlite"},
		"telemetry ships":                  {pkg{path: "observability", imports: []string{"go.opentelemetry.io/otel/sdk/trace"}}, ""},
		"telemetry imports fx":             {pkg{path: "observability/probes", imports: []string{"go.uber.org/fx"}}, "fx"},
		"a dashboard asks for metrics":     {pkg{path: "observability/dashboards", imports: ours("observability")}, ""},
		"a dashboard knows the core":       {pkg{path: "observability/dashboards", imports: ours("core/catalogue")}, "core/catalogue"},
		"app wires":                        {pkg{path: "app/wiring", imports: append(ours("adapters/sqlite"), "go.uber.org/fx")}, ""},
		"a test brings real servers":       {pkg{path: "adapters/sqlite", tests: ours("tools/testservers/server")}, ""},
		"an adapter brings a test server":  {pkg{path: "adapters/sqlite", imports: ours("tools/testservers/server")}, "tools/testservers/server"},
		"a test server knows an adapter":   {pkg{path: "tools/testservers/server", imports: ours("adapters/sqlite")}, "adapters/sqlite"},
		"a tool added later":               {pkg{path: "tools/release"}, "has no row"},
		"a package without a row":          {pkg{path: "internal/utils"}, "has no row"},
		"a test may stand on an adapter":   {pkg{path: "core/search", tests: ours("adapters/memindex")}, ""},
		"a test outside app imports fx":    {pkg{path: "adapters/sqlite", tests: []string{"go.uber.org/fx/fxtest"}}, "a test of adapters/sqlite imports go.uber.org/fx/fxtest"},
		"a test outside app imports app":   {pkg{path: "core/search", tests: ours("app/config")}, "app/config"},
		"a test inside app imports fx":     {pkg{path: "app/wiring", tests: []string{"go.uber.org/fx/fxtest"}}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			problems := check(test.pkg)
			switch {
			case test.want == "" && len(problems) > 0:
				t.Errorf("refused: %q", problems)
			case test.want != "" && (len(problems) != 1 || !strings.Contains(problems[0], test.want)):
				t.Errorf("got %q, want one complaint with %q", problems, test.want)
			}
		})
	}
}

// load reads the imports of every package in the module, in this process rather than through `go list`: the go
// command remembers which files a test has opened, and so knows when a remembered result no longer holds.
func load(t *testing.T) []pkg {
	t.Helper()
	var packages []pkg
	err := filepath.WalkDir(root, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		inside, err := filepath.Rel(root, dir)
		if err != nil {
			return err
		}
		if notOurs(inside) {
			return filepath.SkipDir
		}
		read, err := build.ImportDir(dir, 0)
		if _, empty := errors.AsType[*build.NoGoError](err); empty {
			return nil
		}
		if err != nil {
			return err
		}
		packages = append(packages, pkg{
			path:    filepath.ToSlash(inside),
			imports: read.Imports,
			tests:   slices.Concat(read.TestImports, read.XTestImports),
		})
		return nil
	})
	if err != nil {
		t.Fatalf("read the module's packages: %v", err)
	}
	return packages
}

// notOurs tells the folders that hold no package of this module, by the go command's rules and by being a module of their own.
func notOurs(inside string) bool {
	name := filepath.Base(inside)
	if name == "." {
		return false
	}
	_, err := os.Stat(filepath.Join(root, inside, "go.mod"))
	return err == nil || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || inside == "bin"
}
