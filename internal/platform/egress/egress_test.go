package egress_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/egress"
	"karnak/internal/platform/httpclient"
)

func guard(t testing.TB, c egress.Config) *egress.Guard {
	t.Helper()
	g, err := egress.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAddressesThatAreDialled(t *testing.T) {
	t.Parallel()
	g := guard(t, egress.Config{})
	for _, public := range []string{"8.8.8.8", "93.184.216.34", "172.32.0.1", "172.15.255.255", "100.63.255.255", "100.128.0.0", "223.255.255.255", "192.0.1.1", "198.20.0.1",
		"2606:4700::1111", "2a00:1450:4001::1", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"} {
		network := "tcp4"
		if strings.Contains(public, ":") {
			network = "tcp6"
		}
		if err := g.Control(network, net.JoinHostPort(public, "443"), nil); err != nil {
			t.Errorf("%s: %v", public, err)
		}
	}
	for _, private := range []string{"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::ffff:0:10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::",
		"2001:db8::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "168.63.129.16", "200::1", "4000::1", "fe00::1", "64:ff9b:2::1", "localhost", "example.com", ""} {
		network := "tcp4"
		if strings.Contains(private, ":") {
			network = "tcp6"
		}
		if err := g.Control(network, net.JoinHostPort(private, "443"), nil); !errors.Is(err, egress.ErrRefused) {
			t.Errorf("%s: %v", private, err)
		}
	}
	for _, port := range []string{"22", "0", "8080", "6379", "65536", "http"} {
		if err := g.Control("tcp4", "8.8.8.8:"+port, nil); !errors.Is(err, egress.ErrRefused) {
			t.Errorf("port %s: %v", port, err)
		}
	}
	for _, network := range []string{"udp4", "unix", "ip4", ""} {
		if err := g.Control(network, "8.8.8.8:443", nil); !errors.Is(err, egress.ErrRefused) {
			t.Errorf("%s: %v", network, err)
		}
	}
	if err := guard(t, egress.Config{Ports: []uint16{8443}}).Control("tcp4", "8.8.8.8:8443", nil); err != nil {
		t.Error(err)
	}
	if err := guard(t, egress.Config{Private: true}).Control("tcp4", "127.0.0.1:1", nil); err != nil {
		t.Error(err)
	}
	if _, err := egress.New(egress.Config{Ports: []uint16{0}}); err == nil {
		t.Error("port 0 may be dialled")
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	g := guard(t, egress.Config{})
	for raw, want := range map[string]string{
		"https://example.com/a?b=c#d":    "https://example.com/a?b=c#d",
		"http://Example.COM:80/":         "http://example.com:80/",
		"https://bücher.example.org/":    "https://xn--bcher-kva.example.org/",
		"https://例え.jp":                  "https://xn--r8jz45g.jp",
		"https://8.8.8.8/":               "https://8.8.8.8/",
		"https://[2606:4700::1111]:443/": "https://[2606:4700::1111]:443/",
		"https://example.com./":          "https://example.com/",
		"https://1.2.3.4.example.com/":   "https://1.2.3.4.example.com/",
	} {
		u, err := g.URL(raw)
		if err != nil || u.String() != want {
			t.Errorf("%s: %v %v", raw, u, err)
		}
	}
	for _, bad := range []string{
		"", "example.com", "//example.com", "ftp://example.com", "file:///etc/passwd", "gopher://example.com", "javascript:alert(1)", "data:text/html,x", "https:example.com", "https://",
		"https:///x", "http://user@example.com", "http://a:b@example.com", "http://example.com:22", "http://example.com:99999", "http://127.0.0.1", "http://127.1", "http://2130706433",
		"http://0x7f000001", "http://0x7f.1", "http://0177.0.0.1", "http://017700000001", "http://0", "http://[::1]", "http://[::ffff:127.0.0.1]", "http://[fe80::1%25eth0]",
		"http://169.254.169.254/latest", "http://localhost", "http://LOCALHOST.", "http://a.localhost", "http://router", "http://db.internal", "http://printer.local", "http://nas.lan",
		"http://１２７.0.0.1", "http://①②⑦.0.0.1", "http://127。0。0。1", "http://exa mple.com", "http://example.com\r\nX: y", "http://-.com", "https://" + strings.Repeat("a", 2000) + ".com",
		"https://" + strings.Repeat("a.", 200) + "com",
	} {
		if u, err := g.URL(bad); err == nil {
			t.Errorf("%s: %s", bad, u)
		}
	}
	if u, err := guard(t, egress.Config{Private: true}).URL("http://127.0.0.1:1/x"); err != nil || u.Port() != "1" {
		t.Errorf("%v %v", u, err)
	}
}

// TestNamesThatLeadHome dials names that were harmless when somebody looked at them.
func TestNamesThatLeadHome(t *testing.T) {
	t.Parallel()
	reached := false
	home := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(home.Close)
	_, port, _ := net.SplitHostPort(home.Listener.Addr().String())
	g := guard(t, egress.Config{Ports: []uint16{netip.MustParseAddrPort(home.Listener.Addr().String()).Port()}})
	client, err := httpclient.New(httpclient.Config{Connect: time.Second, Headers: time.Second, Silence: time.Second, Line: 1000, Body: 1000, Dial: g.Control})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	for _, name := range []string{"localhost", "127.0.0.1", "[::ffff:127.0.0.1]"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+name+":"+port, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(r)
		if !errors.Is(err, egress.ErrRefused) || reached {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			_ = res.Body.Close()
		}
	}
	if (&net.Dialer{Control: g.Control}).Control == nil {
		t.Error("it is no dialer's")
	}
	if _, err := (&net.Dialer{Control: g.Control}).DialContext(context.Background(), "tcp", home.Listener.Addr().String()); !errors.Is(err, egress.ErrRefused) {
		t.Errorf("dialled: %v", err)
	}
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"https://example.com/", "http://127.1", "http://[::1]", "https://bücher.example.org:443/x?y#z", "http://0x7f.1", "http://a@b"} {
		f.Add(s)
	}
	g := guard(f, egress.Config{})
	f.Fuzz(func(t *testing.T, s string) {
		u, err := g.URL(s)
		if err != nil {
			return
		}
		if u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Hostname() == "" {
			t.Errorf("%q is let through as %s", s, u)
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && g.Control("tcp4", netip.AddrPortFrom(a, 443).String(), nil) != nil && g.Control("tcp6", netip.AddrPortFrom(a, 443).String(), nil) != nil {
			t.Errorf("%q is let through, and not dialled", s)
		}
		again, err := g.URL(u.String())
		if err != nil || again.String() != u.String() {
			t.Errorf("%q becomes %s, and then %v: %v", s, u, again, err)
		}
	})
}
