package httpapi

import (
	"net/url"
	"strings"

	"github.com/marquee-events/marquee/core/fault"
)

// texts binds the parameters of a query, for the generated code, until the first that cannot be bound.
type texts struct {
	given []parameter // decoded
	err   error       // fault.Invalid, and names the parameter
}

// textsOf takes a query apart as url.ParseQuery does, which passes over what cannot be decoded. It makes no map of it: there are a
// few, and each is looked up once.
func textsOf(query string) texts {
	t := texts{given: make([]parameter, 0, 4)}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" || strings.Contains(pair, ";") {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			continue
		}
		if value, err = url.QueryUnescape(value); err == nil {
			t.given = append(t.given, parameter{name, value})
		}
	}
	return t
}

// required binds a parameter that has to be given. Those that are, are date-times.
func (t *texts) required(name string, to *string) {
	var given *string
	if t.optional(name, &given); t.err != nil {
		return
	}
	if given == nil {
		t.err = missingBound(name)
		return
	}
	*to = *given
}

// optional binds a parameter, or leaves it nil.
func (t *texts) optional(name string, to **string) {
	if t.err != nil {
		return
	}
	for i := range t.given {
		switch {
		case t.given[i].name != name:
		case *to != nil:
			t.err = fault.InvalidField(name, "%s is given more than once; give it once", name)
			return
		default:
			*to = &t.given[i].value
		}
	}
}
