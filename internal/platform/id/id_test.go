package id_test

import (
	"testing"

	"github.com/google/uuid"

	"karnak/internal/platform/id"
)

func TestKnownVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ want, uuid string }{
		{"ws_00000000000000000000000000", "00000000-0000-0000-0000-000000000000"},
		{"ws_00000000000000000000000001", "00000000-0000-0000-0000-000000000001"},
		{"ws_0000000000000000000000000g", "00000000-0000-0000-0000-000000000010"},
		{"ws_00000000000000000000000010", "00000000-0000-0000-0000-000000000020"},
		{"ws_7zzzzzzzzzzzzzzzzzzzzzzzzz", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
		{"ws_01h455vb4pex5vsknk084sn02q", "01890a5d-ac96-774b-bcce-b302099a8057"},
	} {
		u := uuid.MustParse(c.uuid)
		if got := id.From(id.Workspace, u); got != c.want {
			t.Errorf("From(%s) = %s, want %s", c.uuid, got, c.want)
		}
		if back, ok := id.Parse(id.Workspace, c.want); !ok || back != u {
			t.Errorf("Parse(%s) = %x %v", c.want, back, ok)
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "ws_", "ws", "chan_01h455vb4pex5vsknk084sn02q", "ws_81h455vb4pex5vsknk084sn02q", "ws_01H455VB4PEX5VSKNK084SN02Q",
		"ws_01h455vb4pex5vsknk084sn02", "ws_01h455vb4pex5vsknk084sn02qq", "ws_01h455vb4pex5vsknk084sn0u\x00", "ws_01h455vb4pex5vsknk084sn0é",
	} {
		if id.Valid(id.Workspace, s) {
			t.Errorf("%q is taken for an id", s)
		}
	}
}

func TestSorted(t *testing.T) {
	t.Parallel()
	last := ""
	for range 10000 {
		next := id.New(id.Message)
		if next <= last {
			t.Fatalf("%s after %s", next, last)
		}
		if id.PrefixOf(next) != id.Message {
			t.Fatalf("prefix of %s is %q", next, id.PrefixOf(next))
		}
		last = next
	}
}

func FuzzParse(f *testing.F) {
	f.Add("ws_01h455vb4pex5vsknk084sn02q")
	f.Add("ws_\xff")
	f.Fuzz(func(t *testing.T, s string) {
		if u, ok := id.Parse(id.Workspace, s); ok && id.From(id.Workspace, u) != s {
			t.Fatalf("%q does not come back", s)
		}
	})
}
