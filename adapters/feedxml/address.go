package feedxml

import "net/netip"

// isPublic reports whether an address is one of the internet at large: neither of a private network, this machine or
// this link, nor of a range with a special purpose. Source: the IANA registries of special-purpose addresses
// for IPv4 and IPv6 (RFC 6890).
//
// An IPv4 address inside of an IPv6 one is judged as what it is: mapped, or behind NAT64 (RFC 6052), through which networks
// without IPv4 reach all of it. 6to4 and Teredo wrap one as well; both are given up and therefore refused, as is the NAT64
// prefix for use inside of a network.
func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		long := a.As16()
		a = netip.AddrFrom4([4]byte(long[12:]))
	}
	if a.Is6() && !globalUnicast6.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsValid()
}

var (
	nat64          = netip.MustParsePrefix("64:ff9b::/96")
	globalUnicast6 = netip.MustParsePrefix("2000::/3") // all other IPv6 addresses are something else, or nobody's yet

	special = []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),       // this network, unspecified
		netip.MustParsePrefix("10.0.0.0/8"),      // private
		netip.MustParsePrefix("100.64.0.0/10"),   // shared by the customers of a carrier (CGNAT)
		netip.MustParsePrefix("127.0.0.0/8"),     // loopback
		netip.MustParsePrefix("169.254.0.0/16"),  // link-local, and where clouds tell machines their secrets
		netip.MustParsePrefix("172.16.0.0/12"),   // private
		netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
		netip.MustParsePrefix("192.0.2.0/24"),    // documentation
		netip.MustParsePrefix("192.88.99.0/24"),  // relays of 6to4
		netip.MustParsePrefix("192.168.0.0/16"),  // private
		netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
		netip.MustParsePrefix("198.51.100.0/24"), // documentation
		netip.MustParsePrefix("203.0.113.0/24"),  // documentation
		netip.MustParsePrefix("224.0.0.0/4"),     // multicast
		netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast

		netip.MustParsePrefix("2001::/23"),     // protocol assignments, Teredo among them
		netip.MustParsePrefix("2001:db8::/32"), // documentation
		netip.MustParsePrefix("2002::/16"),     // 6to4
		netip.MustParsePrefix("3fff::/20"),     // documentation
	}
)
