package telemetry_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"karnak/internal/platform/telemetry"
)

func TestClientAddr(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	cases := []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"direct", "192.0.2.1:5", nil, "192.0.2.1"},
		{"direct with a lie", "192.0.2.1:5", []string{"1.1.1.1"}, "192.0.2.1"},
		{"behind a proxy", "10.0.0.1:5", []string{"192.0.2.9"}, "192.0.2.9"},
		{"behind two, with a lie", "10.0.0.1:5", []string{"1.1.1.1, 192.0.2.9", "10.0.0.2"}, "192.0.2.9"},
		{"proxy says nothing", "10.0.0.1:5", nil, "10.0.0.1"},
		{"proxy says junk", "10.0.0.1:5", []string{"junk"}, "10.0.0.1"},
		{"mapped", "[::ffff:192.0.2.1]:5", nil, "192.0.2.1"},
		{"version 6", "[2001:db8::1%eth0]:5", nil, "2001:db8::1"},
		{"unreadable", "@", nil, "invalid IP"},
	}
	for _, c := range cases {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		r.Header["X-Forwarded-For"] = c.forwarded
		if got := telemetry.ClientAddr(r, trusted).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestContextKeepsBoth(t *testing.T) {
	t.Parallel()
	a := netip.MustParseAddr("192.0.2.1")
	ctx := telemetry.WithRequestID(telemetry.WithRequest(context.Background(), "req_0", a), "req_1")
	if telemetry.Client(ctx) != a || telemetry.RequestID(ctx) != "req_1" {
		t.Error("one overwrote the other")
	}
}
