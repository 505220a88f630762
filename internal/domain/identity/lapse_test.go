package identity

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"karnak/ent/entgen"
	"karnak/internal/platform/id"
)

// TestSocketsOfLapsedSessionsClose: the sockets of a suspended user, of a session that ended without an event and of one that
// is not there close at the next look, and no others.
func TestSocketsOfLapsedSessionsClose(t *testing.T) {
	t.Parallel()
	each(t, func(d *desk) {
		good, suspended, ended := d.join("ada"), d.join("sue"), d.join("eve")
		closed := map[string]int{}
		hang := func(session, name string) { d.OnEnd(session, func() { closed[name]++ }) }
		hang(good.Session.ID, "good")
		hang(suspended.Session.ID, "suspended")
		hang(d.again("sue").ID, "suspended elsewhere")
		hang(ended.Session.ID, "ended")
		hang(id.New(id.Session), "unknown")
		d.look()
		if fmt.Sprint(closed) != "map[unknown:1]" {
			d.t.Fatalf("closed %v", closed)
		}
		d.write(func(ctx context.Context, tx *entgen.Client) error {
			return errors.Join(tx.User.UpdateOneID(suspended.User.ID).SetSuspendedAt(d.clock.Now()).Exec(ctx),
				tx.Session.UpdateOneID(ended.Session.ID).SetEndedAt(d.clock.Now()).Exec(ctx))
		})
		d.look()
		d.look()
		if fmt.Sprint(closed) != "map[ended:1 suspended:1 suspended elsewhere:1 unknown:1]" {
			d.t.Errorf("closed %v", closed)
		}
		d.clock.Advance(d.RefreshTTL)
		if d.look(); closed["good"] != 1 {
			d.t.Errorf("past the end of its life: closed %v", closed)
		}
	})
}

func (d *desk) look() {
	d.t.Helper()
	if err := d.lapse(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}
