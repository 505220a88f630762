package identity

import (
	"context"
	"time"

	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/id"
)

// Seed is a user that is made without signing up, for a demo.
type Seed struct {
	Email, DisplayName string
	SuperAdmin         bool
	At                 time.Time
}

// SeedUsers makes users who all have one password. It is for karnak itself, on an empty database.
func (s *Service) SeedUsers(ctx context.Context, tx *eventlog.Tx, password string, seeds []Seed) ([]*entgen.User, error) {
	hashed, err := hash(password)
	if err != nil {
		return nil, err
	}
	out := make([]*entgen.User, len(seeds))
	for i, x := range seeds {
		out[i], err = tx.User.Create().SetEmail(x.Email).SetEmailKey(EmailKey(x.Email)).SetDisplayName(x.DisplayName).
			SetSuperAdmin(x.SuperAdmin).SetPasswordHash(hashed).SetCreatedAt(x.At).Save(ctx)
		if err != nil {
			return nil, err
		}
		if err := tx.Append(ctx, id.Platform, eventlog.Draft{Type: signedUp, SubjectID: out[i].ID, At: x.At}); err != nil {
			return nil, err
		}
	}
	return out, nil
}
