package httpapi

import (
	"net/url"

	"github.com/marquee-events/marquee/core/fault"
)

// texts binds the parameters of a query, for the generated code, until the first that cannot be bound.
type texts struct {
	given url.Values
	err   error // fault.Invalid, and names the parameter
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
	values := t.given[name]
	if len(values) == 0 || t.err != nil {
		return
	}
	if len(values) > 1 {
		t.err = fault.InvalidField(name, "%s is given more than once; give it once", name)
		return
	}
	*to = &values[0]
}
