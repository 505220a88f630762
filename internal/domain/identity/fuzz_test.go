package identity

import (
	"testing"
	"time"

	"karnak/ent/enttest"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/fault"
)

// FuzzToken puts a text in place of a part of a good access token and of a good refresh token: whatever comes of it is refused
// as not valid, unless it is the good one again.
func FuzzToken(f *testing.F) {
	d := open(f, enttest.Open(f, enttest.Engines[0]), clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)), 1)
	x := d.join("ada").Session
	f.Add(uint16(0), uint16(0), "")
	f.Add(uint16(0), uint16(9999), "")
	f.Add(uint16(5), uint16(0), "\n")
	f.Add(uint16(len(x.AccessToken)-1), uint16(1), "B")
	f.Add(uint16(len(x.RefreshToken)-1), uint16(1), "B")
	f.Add(uint16(36), uint16(1), "1")
	f.Add(uint16(0), uint16(36), "eyJhbGciOiJub25lIn0")
	f.Add(uint16(0), uint16(9999), "krt_ses_00000000000000000000000000.0.AAAA")
	f.Fuzz(func(t *testing.T, at, cut uint16, put string) {
		with := func(good string) string {
			from := int(at) % (len(good) + 1)
			return good[:from] + put + good[min(len(good), from+int(cut)):]
		}
		access := with(x.AccessToken)
		c, err := d.readAccess(t.Context(), access)
		if same := access == x.AccessToken; same != (err == nil) || same && c.Session != x.ID || !same && fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("%q is taken for the token of %+v: %v", access, c, err)
		}
		refresh := with(x.RefreshToken)
		session, generation, ok := d.readRefresh(refresh)
		if same := refresh == x.RefreshToken; same != ok || same && (session != x.ID || generation != 0) {
			t.Errorf("%q is taken for generation %d of %s", refresh, generation, session)
		}
	})
}
