package feedxml

import (
	"strings"
	"unicode/utf8"
)

// name is the name of an element or attribute, understood once.
type name struct {
	raw     string // as written, for the end tag
	local   string // without a namespace prefix
	field   string // what a record calls it
	damaged bool
	kept    bool  // it is among the names remembered
	next    *name // that followed it the last time: lists repeat themselves, so it is looked at first
}

// names gives each name of a feed one string, however often it occurs.
type names map[string]*name

func (n names) of(raw []byte) *name {
	if known, ok := n[string(raw)]; ok { // the compiler makes no string of it
		return known
	}
	understood := understand(string(raw))
	if len(n) < maxKnownNames {
		understood.kept = true
		n[understood.raw] = understood
	}
	return understood
}

func understand(raw string) *name {
	text := strings.Map(func(r rune) rune {
		if !isXMLCharacter(r) {
			return utf8.RuneError
		}
		return r
	}, raw)
	local := text
	if _, after, found := strings.Cut(text, ":"); found && after != "" {
		local = after
	}
	return &name{raw: raw, local: local, field: canonical(text), damaged: text != raw}
}

// canonical translates the planList dialect: plan_start_date is event_start_date.
func canonical(attribute string) string {
	if rest, ok := strings.CutPrefix(attribute, "plan_"); ok {
		return "event_" + rest
	}
	if rest, ok := strings.CutPrefix(attribute, "base_plan_"); ok {
		return "base_event_" + rest
	}
	return attribute
}

// isXMLCharacter reports whether XML 1.0 allows r in a document (section 2.2, production Char).
func isXMLCharacter(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= 0x20 && r <= 0xD7FF ||
		r >= 0xE000 && r <= 0xFFFD ||
		r >= 0x10000 && r <= utf8.MaxRune
}
