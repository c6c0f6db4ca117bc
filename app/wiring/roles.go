package wiring

import (
	"fmt"
	"strings"
)

// Roles are what a process does. All of them in one process need nothing else; what one process publishes another can
// only consume through a broker that both reach.
type Roles struct {
	API     bool // answers HTTP
	Fetch   bool // reads feeds and publishes them
	Consume bool // applies what was published
}

// AllRoles is one process for everything.
var AllRoles = Roles{API: true, Fetch: true, Consume: true}

// ParseRoles reads names such as "api", "fetch" and "consume".
func ParseRoles(names []string) (Roles, error) {
	var r Roles
	for _, name := range names {
		switch strings.TrimSpace(name) {
		case "api":
			r.API = true
		case "fetch":
			r.Fetch = true
		case "consume":
			r.Consume = true
		default:
			return r, fmt.Errorf("%q is no role; the roles are api, fetch and consume", name)
		}
	}
	if r == (Roles{}) {
		return r, fmt.Errorf("no role is named; the roles are api, fetch and consume")
	}
	return r, nil
}

// String names the roles, separated by commas.
func (r Roles) String() string { return strings.Join(r.Names(), ",") }

// Names are those of the roles.
func (r Roles) Names() (names []string) {
	for _, role := range []struct {
		has  bool
		name string
	}{{r.API, "api"}, {r.Fetch, "fetch"}, {r.Consume, "consume"}} {
		if role.has {
			names = append(names, role.name)
		}
	}
	return names
}
