package egress

import "net/netip"

// reserved are the addresses that are not somebody's on the public Internet: IANA's registries of special-purpose addresses for IPv4
// and IPv6, multicast, and where clouds tell machines about themselves.
var reserved = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // shared by carriers; 100.100.100.200 tells about machines
	"127.0.0.0/8",      // loopback
	"169.254.0.0/16",   // link-local; 169.254.169.254 tells about machines
	"172.16.0.0/12",    // private
	"168.63.129.16/32", // a cloud's inside, at an address that looks public
	"192.0.0.0/24",     // protocol assignments
	"192.0.2.0/24",     // documentation
	"192.31.196.0/24",  // AS112
	"192.52.193.0/24",  // AMT
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"192.175.48.0/24",  // AS112
	"198.18.0.0/15",    // benchmarking
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast

	"::/96",             // unspecified, loopback, IPv4-compatible
	"64:ff9b:1::/48",    // translation within a network
	"100::/64",          // discard
	"100:0:0:1::/64",    // dummy
	"2001::/23",         // protocol assignments, Teredo among them
	"2001:db8::/32",     // documentation
	"2620:4f:8000::/48", // AS112
	"3fff::/20",         // documentation
	"5f00::/16",         // segment routing
	"fc00::/7",          // unique local
	"fe80::/10",         // link-local
	"fec0::/10",         // site-local, once
	"ff00::/8",          // multicast
)

// carrying are networks whose addresses hold one of IPv4, and where in them.
var carrying = map[netip.Prefix]int{
	netip.MustParsePrefix("::ffff:0:0/96"):   12,
	netip.MustParsePrefix("::ffff:0:0:0/96"): 12, // translated
	netip.MustParsePrefix("64:ff9b::/96"):    12, // NAT64
	netip.MustParsePrefix("2002::/16"):       2,  // 6to4
}

func prefixes(all ...string) (out []netip.Prefix) {
	for _, s := range all {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// global reports whether an address is somebody's on the public Internet, and so is what it holds.
func global(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	for p, at := range carrying {
		if p.Contains(a) {
			b := a.As16()
			return global(netip.AddrFrom4([4]byte(b[at : at+4])))
		}
	}
	// All that is given out of IPv6 for the public Internet.
	return a.Is4() || unicast.Contains(a)
}

var unicast = netip.MustParsePrefix("2000::/3")
