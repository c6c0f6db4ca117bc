package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// module is the path that every package of ours begins with.
const module = "github.com/marquee-events/marquee"

// pkg is a package of this module, by its path inside it, and what it imports.
type pkg struct {
	path    string
	imports []string // of production code, by full import path
	tests   []string // of its tests, of both kinds
}

// check reports each import that no rule allows, in words that say what would be allowed and why.
func check(p pkg) []string {
	row := slices.IndexFunc(rules, func(r rule) bool { return matches(r.packages, p.path) })
	if row < 0 {
		return []string{fmt.Sprintf("%s has no row in rules_test.go: say there what it may import, and why", p.path)}
	}
	problems := refused(p.path, p.imports, rules[row], "")
	if !matches("app/...", p.path) {
		problems = append(problems, refused(p.path, p.tests, rulesForTests, "a test of ")...)
	}
	return problems
}

func refused(from string, imports []string, r rule, who string) []string {
	var problems []string
	for _, to := range imports {
		if allowed(from, to, r) {
			continue
		}
		problems = append(problems, fmt.Sprintf("%s%s imports %s: %s", who, from, to, r.because))
	}
	return problems
}

func allowed(from, to string, r rule) bool {
	if inside, ok := strings.CutPrefix(to, module+"/"); ok {
		return slices.ContainsFunc(r.ours, func(pattern string) bool {
			if pattern == own {
				pattern = adapterOf(from) + "/..."
			}
			return matches(pattern, inside)
		})
	}
	if standard(to) {
		return true
	}
	return matchesAny(r.others, to) && !matchesAny(r.not, to)
}

// standard tells the standard library by what the go command goes by: the first element of any other path has a dot.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// adapterOf returns adapters/name for adapters/name/anything/below.
func adapterOf(p string) string {
	elements := strings.SplitN(p, "/", 3)
	return strings.Join(elements[:min(2, len(elements))], "/")
}

func matchesAny(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, p) })
}

func matches(pattern, p string) bool {
	if pattern == "..." {
		return true
	}
	above, subtree := strings.CutSuffix(pattern, "/...")
	if subtree {
		elements := strings.Split(p, "/")
		p = strings.Join(elements[:min(len(elements), strings.Count(above, "/")+1)], "/")
	}
	ok, err := path.Match(above, p)
	return ok && err == nil
}
