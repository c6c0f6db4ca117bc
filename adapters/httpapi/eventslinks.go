package httpapi

import (
	"net/url"
	"slices"
	"strings"
)

// parameters are those of a question, as it was written, but for the one that says which page of the answer is asked for. They
// are in the order of their names.
type parameters []parameter

type parameter struct {
	name  string
	value string // as it stands in a query
}

// with has one parameter more, that was not given before.
func (p parameters) with(name, value string) parameters {
	if name == "page" {
		return p
	}
	at, _ := slices.BinarySearchFunc(p, name, func(one parameter, name string) int { return strings.Compare(one.name, name) })
	return slices.Insert(p, at, parameter{name, url.QueryEscape(value)})
}

// appendLink appends a link to another page of the answer, which a parameter says, by its relation to this one (RFC 8288).
func (p parameters) appendLink(b []byte, relation, page, value string) []byte {
	b = append(b, "</events?"...)
	told := false
	for i, one := range p {
		if !told && page < one.name {
			told = true
			b = append(appendParameter(b, page, value), '&')
		}
		if b = appendParameter(b, one.name, one.value); i < len(p)-1 || !told {
			b = append(b, '&')
		}
	}
	if !told {
		b = appendParameter(b, page, value)
	}
	b = append(b, `>; rel="`...)
	return append(append(b, relation...), '"')
}

// appendParameter appends one whose value needs no escaping.
func appendParameter(b []byte, name, value string) []byte {
	return append(append(append(b, name...), '='), value...)
}
