package workspace

import (
	"context"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/id"
)

// Seed is a workspace that is made with its members, for a demo. Roles are by user id.
type Seed struct {
	Name, Slug string
	Tier       enum.Tier
	Owner      string
	Members    []SeedMember
	At         time.Time
}

// SeedMember is a member of a Seed.
type SeedMember struct{ UserID, Role string }

// SeedWorkspace makes a workspace. It is for karnak itself, on an empty database.
func (s *Service) SeedWorkspace(ctx context.Context, tx *eventlog.Tx, x Seed) (*entgen.Workspace, error) {
	sys := authz.System(ctx, "workspace: seed")
	w, err := tx.Workspace.Create().SetID(id.New(id.Workspace)).SetName(x.Name).SetSlug(x.Slug).SetTier(x.Tier).SetCreatedAt(x.At).Save(sys)
	if err != nil {
		return nil, err
	}
	if err := tx.Append(ctx, w.ID, eventlog.Draft{Type: created, SubjectID: x.Owner, ObjectID: w.ID, At: x.At}); err != nil {
		return nil, err
	}
	for i, m := range x.Members {
		at := x.At.Add(time.Duration(i) * time.Hour)
		_, err := tx.Member.Create().SetWorkspaceID(w.ID).SetUserID(m.UserID).SetRole(m.Role).SetOwner(m.UserID == x.Owner).SetJoinedAt(at).Save(sys)
		if err != nil {
			return nil, err
		}
		if err := tx.Append(ctx, w.ID, eventlog.Draft{Type: joined, SubjectID: m.UserID, ObjectID: w.ID, At: at}); err != nil {
			return nil, err
		}
	}
	return w, nil
}
