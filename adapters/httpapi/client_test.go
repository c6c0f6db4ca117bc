package httpapi

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestClientBucket(t *testing.T) {
	const nginx, balancer = "10.0.0.1", "10.0.0.2"
	tests := map[string]struct {
		trusted string
		peer    string
		forward []string // header lines
		want    string
	}{
		"no proxies: the peer":                      {"", "192.0.2.7:999", nil, "192.0.2.7"},
		"no proxies: nobody is believed":            {"", "192.0.2.7:999", []string{"198.51.100.1"}, "192.0.2.7"},
		"a stranger claims to be someone":           {"10.0.0.0/8", "192.0.2.7:999", []string{"198.51.100.1"}, "192.0.2.7"},
		"behind a proxy":                            {"10.0.0.0/8", nginx + ":1", []string{"192.0.2.7"}, "192.0.2.7"},
		"the proxy says nothing":                    {"10.0.0.0/8", nginx + ":1", nil, nginx},
		"the client made up the left part":          {"10.0.0.0/8", nginx + ":1", []string{"198.51.100.1, 203.0.113.9, 192.0.2.7"}, "192.0.2.7"},
		"and a trusted one in it":                   {"10.0.0.0/8", nginx + ":1", []string{"198.51.100.1, 10.0.0.9, 192.0.2.7"}, "192.0.2.7"},
		"in a line of its own":                      {"10.0.0.0/8", nginx + ":1", []string{"198.51.100.1", "192.0.2.7"}, "192.0.2.7"},
		"two proxies":                               {"10.0.0.0/8", nginx + ":1", []string{"198.51.100.1, 192.0.2.7, " + balancer}, "192.0.2.7"},
		"two proxies, two lines":                    {"10.0.0.0/8", nginx + ":1", []string{"192.0.2.7", balancer}, "192.0.2.7"},
		"only one of them is trusted":               {nginx + "/32", nginx + ":1", []string{"192.0.2.7, " + balancer}, balancer},
		"all are trusted: the farthest":             {"10.0.0.0/8", nginx + ":1", []string{"10.1.1.1, " + balancer}, "10.1.1.1"},
		"garbage ends the walk":                     {"10.0.0.0/8", nginx + ":1", []string{"192.0.2.7, unknown"}, nginx},
		"garbage behind a proxy":                    {"10.0.0.0/8", nginx + ":1", []string{"192.0.2.7, <script>, " + balancer}, balancer},
		"an empty header":                           {"10.0.0.0/8", nginx + ":1", []string{""}, nginx},
		"an empty element":                          {"10.0.0.0/8", nginx + ":1", []string{"192.0.2.7,"}, nginx},
		"with a port":                               {"10.0.0.0/8", nginx + ":1", []string{"192.0.2.7:4711"}, "192.0.2.7"},
		"blanks and tabs":                           {"10.0.0.0/8", nginx + ":1", []string{"x ,\t 192.0.2.7 "}, "192.0.2.7"},
		"IPv6 counts by /64":                        {"", "[2001:db8:1:2:3:4:5:6]:999", nil, "2001:db8:1:2::/64"},
		"the neighbour in the same /64":             {"", "[2001:db8:1:2:ffff::1]:999", nil, "2001:db8:1:2::/64"},
		"IPv6 behind a proxy":                       {"10.0.0.0/8", nginx + ":1", []string{"2001:db8:1:2::1"}, "2001:db8:1:2::/64"},
		"IPv6 in brackets with a port":              {"10.0.0.0/8", nginx + ":1", []string{"[2001:db8:1:2::1]:80"}, "2001:db8:1:2::/64"},
		"IPv6 in brackets":                          {"10.0.0.0/8", nginx + ":1", []string{"[2001:db8:1:2::1]"}, "2001:db8:1:2::/64"},
		"IPv6 with a zone":                          {"", "[fe80::1%eth0]:999", nil, "fe80::/64"},
		"an IPv6 proxy":                             {"2001:db8::/32", "[2001:db8::1]:1", []string{"192.0.2.7"}, "192.0.2.7"},
		"IPv4 inside IPv6 is IPv4":                  {"", "[::ffff:192.0.2.7]:999", nil, "192.0.2.7"},
		"a proxy seen as IPv4 inside IPv6":          {"10.0.0.0/8", "[::ffff:10.0.0.1]:1", []string{"192.0.2.7"}, "192.0.2.7"},
		"a client written as IPv4 inside IPv6":      {"10.0.0.0/8", nginx + ":1", []string{"::ffff:192.0.2.7"}, "192.0.2.7"},
		"no address at all":                         {"10.0.0.0/8", "@", []string{"192.0.2.7"}, "unknown"},
		"a chain longer than anyone needs, bounded": {"0.0.0.0/0", nginx + ":1", []string{strings.Repeat("10.9.9.9, ", 1000) + strings.Repeat("10.8.8.8,", maxHops-1) + "10.8.8.8"}, "10.8.8.8"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c clients
			for p := range strings.FieldsSeq(tt.trusted) {
				c.trusted = append(c.trusted, netip.MustParsePrefix(p))
			}
			r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{"X-Forwarded-For": tt.forward}}
			assert.Equal(t, tt.want, c.bucket(r))
		})
	}
}

// Whatever a client writes into the header, it stays in the bucket of the address that its proxy saw.
func FuzzClientCannotChooseItsBucket(f *testing.F) {
	for _, seed := range []string{"", "1.2.3.4", "10.0.0.1", "10.0.0.1, 10.0.0.1", ",", "[", "::1", "192.0.2.7", "\x00", strings.Repeat("10.0.0.1,", 50)} {
		f.Add(seed)
	}
	c := clients{trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	f.Fuzz(func(t *testing.T, made string) {
		for _, lines := range [][]string{{made + ", 192.0.2.7"}, {made, "192.0.2.7"}, {made + ",192.0.2.7, 10.0.0.2"}, {made, "192.0.2.7", "10.0.0.2"}} {
			r := &http.Request{RemoteAddr: "10.0.0.1:1", Header: http.Header{"X-Forwarded-For": slices.Clone(lines)}}
			if got := c.bucket(r); got != "192.0.2.7" {
				t.Errorf("X-Forwarded-For %q puts the client into bucket %s", lines, got)
			}
		}
	})
}
