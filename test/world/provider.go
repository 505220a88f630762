package world

import (
	"fmt"
	"testing"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen/member"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
)

// Attempt is one call of a mutation by a principal, on things made for it alone.
type Attempt struct {
	Input apptest.Vars
	// As makes the call in place of the principal: the same person in another session.
	As *Person
	// Live makes the call over a websocket, where alone it makes sense.
	Live bool
	// After puts things right again.
	After func()
}

// Provider makes the things that a principal's call of a mutation is about.
type Provider func(t *testing.T, w *World, p Person) Attempt

// Providers has one for each mutation, and for each mutation@variant.
func Providers() map[string]Provider {
	all := map[string]Provider{}
	for _, some := range []map[string]Provider{identityProviders(), workspaceProviders(), accessProviders(), channelProviders(), messageProviders(), adminProviders(), talkProviders(), toolProviders()} {
		for k, v := range some {
			all[k] = v
		}
	}
	return all
}

func given(input apptest.Vars) Attempt { return Attempt{Input: input} }

// Member makes a plain member of the workspace whom nothing else knows of. It is written past the API, which would spend
// its time on the hash of a password.
func (w *World) Member(t *testing.T) Person {
	t.Helper()
	p := Person{ID: id.New(id.User), Email: fmt.Sprintf("made%d@example.test", w.Number())}
	sys := authz.System(t.Context(), "test")
	w.Write(t, func(tx *ent.Tx) error {
		err := tx.User.Create().SetID(p.ID).SetEmail(p.Email).SetEmailKey(p.Email).SetDisplayName("Made").
			SetPasswordHash("none").SetCreatedAt(w.Now()).Exec(sys)
		if err != nil {
			return err
		}
		return tx.Member.Create().SetWorkspaceID(w.IDs["workspace"]).SetUserID(p.ID).SetRole("user").SetJoinedAt(w.Now()).Exec(sys)
	})
	return p
}

// Belongs reports whether somebody is a member of the workspace.
func (w *World) Belongs(t *testing.T, p Person) bool {
	t.Helper()
	ok, err := w.DB().Client().Member.Query().Where(member.WorkspaceID(w.IDs["workspace"]), member.UserID(p.ID), member.LeftAtIsNil()).
		Exist(authz.System(t.Context(), "test"))
	if err != nil {
		t.Fatal(err)
	}
	return ok
}
