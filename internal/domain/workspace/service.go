package workspace

import (
	"context"
	"errors"

	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/page"
	"karnak/internal/platform/secret"
)

// Config is what the Service stands on.
type Config struct {
	DB    *ent.DB
	Log   *eventlog.Log
	Guard *guard.Guard
	Clock clock.Clock
	Keys  *secret.Keyring
	// OnLeave is run in the transaction in which a user leaves or is removed; other rooms clear away what hangs on the
	// membership there.
	OnLeave []func(ctx context.Context, tx *eventlog.Tx, workspaceID, userID string) error
}

// Service is workspaces. It is safe for concurrent use.
type Service struct {
	Config
	workspaces, members, memberships, invitations *page.List
}

// New returns the service.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Log == nil || c.Guard == nil || c.Clock == nil || c.Keys == nil {
		return nil, errors.New("workspace: DB, Log, Guard, Clock and Keys are needed")
	}
	key := c.Keys.Derive("page/workspace")
	joined := func(m *entgen.Member) []any { return []any{m.JoinedAt, m.ID} }
	byJoining := []page.Column{{Name: "joined_at", Kind: page.Time}, {Name: "id"}}
	return &Service{
		Config:      c,
		workspaces:  page.NewList(key[:], "workspaces", false, func(w *entgen.Workspace) []any { return []any{w.Name, w.ID} }, page.Column{Name: "name"}, page.Column{Name: "id"}),
		members:     page.NewList(key[:], "members", false, joined, byJoining...),
		memberships: page.NewList(key[:], "memberships", false, joined, byJoining...),
		invitations: page.NewList(key[:], "invitations", true, func(x *entgen.Invitation) []any { return []any{x.ID} }, page.Column{Name: "id"}),
	}, nil
}
