package egress

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Config is what a Guard lets through.
type Config struct {
	// Private lets loopback and private addresses through, and any port: for development and tests alone.
	Private bool
	// Ports are those that may be dialled; 80 and 443 where there is none.
	Ports []uint16
}

// Guard looks at where is called.
type Guard struct{ Config }

// ErrRefused says that an address is not called.
var ErrRefused = errors.New("this address is not called")

// New returns a guard.
func New(c Config) (*Guard, error) {
	if slices.Contains(c.Ports, 0) {
		return nil, errors.New("egress: there is no port 0")
	}
	if len(c.Ports) == 0 {
		c.Ports = []uint16{80, 443}
	}
	return &Guard{c}, nil
}

// Control is that of a net.Dialer: it looks at the address that is dialled, whatever name led there.
func (g *Guard) Control(network, address string, _ syscall.RawConn) error {
	if g.Private {
		return nil
	}
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: %s", ErrRefused, network)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	a, err := netip.ParseAddr(host)
	if err != nil || !global(a) {
		return fmt.Errorf("%w: it is none of the public Internet", ErrRefused)
	}
	return g.port(port)
}

func (g *Guard) port(s string) error {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || !g.Private && !slices.Contains(g.Ports, uint16(n)) {
		return fmt.Errorf("%w: the port %s is not called", ErrRefused, clip(s))
	}
	return nil
}

// longestURL bounds an address, in bytes.
const longestURL = 2000

// numeric matches what some programs read as an address of IPv4 in another notation: whole numbers, in hexadecimal or octal digits,
// or with fewer points. No name on the Internet ends so.
var numeric = regexp.MustCompile(`(?i)(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$`)

// inside are ends of names that lead nowhere on the public Internet.
var inside = []string{"localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa", "localdomain", "test", "example", "invalid", "onion"}

// URL reads an address that somebody gave, and says what is wrong with it in words for them. What it returns has its name in the
// letters of the Internet.
func (g *Guard) URL(raw string) (*url.URL, error) {
	if !utf8.ValidString(raw) {
		return nil, errors.New("this is no text")
	}
	if len(raw) > longestURL {
		return nil, fmt.Errorf("an address has at most %d bytes", longestURL)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Opaque != "":
		return nil, errors.New("this is no address like https://example.com/page")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("an address begins with https:// or http://")
	case u.User != nil:
		return nil, errors.New("an address has no user or password in it")
	case u.Hostname() == "":
		return nil, errors.New("an address names a host")
	case g.Private:
		return u, nil
	}
	if u.Port() != "" {
		if err := g.port(u.Port()); err != nil {
			return nil, fmt.Errorf("the port %s is not called", clip(u.Port()))
		}
	} else if strings.HasSuffix(u.Host, ":") {
		u.Host = strings.TrimSuffix(u.Host, ":")
	}
	if err := named(u); err != nil {
		return nil, err
	}
	return u, nil
}

// named checks the host of an address, and writes its name in the letters of the Internet.
func named(u *url.URL) error {
	host := u.Hostname()
	private := fmt.Errorf("%s is none of the public Internet", clip(host))
	if a, err := netip.ParseAddr(host); err == nil {
		if !global(a) {
			return private
		}
		return nil
	}
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(host, "."))
	switch {
	case err != nil || len(name) > 253 || !same(name):
		return fmt.Errorf("%s is no name of a host", clip(host))
	case numeric.MatchString(name):
		return fmt.Errorf("%s is no name of a host: write an address with four numbers", clip(host))
	case !strings.Contains(name, "."):
		return private
	}
	for _, end := range inside {
		if strings.HasSuffix(name, "."+end) {
			return private
		}
	}
	if port := u.Port(); port != "" {
		name = net.JoinHostPort(name, port)
	}
	u.Host = name
	return nil
}

// same reports whether a name in the letters of the Internet is read as itself again.
func same(name string) bool {
	again, err := idna.Lookup.ToASCII(name)
	return err == nil && again == name
}

func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
