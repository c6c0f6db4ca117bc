package httpapi

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clients tells who asks.
type clients struct{ trusted []netip.Prefix }

// maxHops bounds how far X-Forwarded-For is followed.
const maxHops = 16

// bucket names the client for the rate limit: its address, or for IPv6 its /64, which is the least that
// a single customer is given.
func (c clients) bucket(r *http.Request) string {
	a := c.address(r)
	switch {
	case !a.IsValid():
		return "unknown" // a connection without addresses
	case a.Is4():
		return a.String()
	}
	network, _ := a.Prefix(64)
	return network.String()
}

// address is the peer of the connection, or behind trusted proxies the address that the outermost
// of them saw. X-Forwarded-For is read from its right end, where the nearest proxy wrote, and only as
// far as trusted proxies wrote it: what stands further left is whatever the client made up.
func (c clients) address(r *http.Request) netip.Addr {
	client := parseHop(r.RemoteAddr)
	if len(c.trusted) == 0 {
		return client
	}
	hops := 0
	for _, line := range slices.Backward(r.Header["X-Forwarded-For"]) {
		for more := true; more; hops++ {
			if hops == maxHops || !c.trusts(client) {
				return client
			}
			var hop string
			if comma := strings.LastIndexByte(line, ','); comma >= 0 {
				line, hop = line[:comma], line[comma+1:]
			} else {
				hop, more = line, false
			}
			before := parseHop(strings.TrimSpace(hop))
			if !before.IsValid() {
				return client
			}
			client = before
		}
	}
	return client
}

func (c clients) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}

// parseHop reads an address with or without a port; the zero Addr stands for anything else.
func parseHop(s string) netip.Addr {
	if with, err := netip.ParseAddrPort(s); err == nil { // as every connection has it
		return with.Addr().Unmap().WithZone("")
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}
