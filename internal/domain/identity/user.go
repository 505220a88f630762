package identity

import (
	"context"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/member"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

// Viewer is the one who is signed in.
type Viewer struct{ User *entgen.User }

// Viewer returns the caller; nil when nobody is signed in.
func (s *Service) Viewer(ctx context.Context) (*Viewer, error) {
	a := authz.ActorOf(ctx)
	if a == nil || a.UserID == "" {
		return nil, nil
	}
	u, err := s.Guard.User(ctx, a.UserID)
	if err != nil || u == nil {
		return nil, err
	}
	return &Viewer{u}, nil
}

// Email returns a user's address to themselves, and to who holds admin:users in a workspace both belong to; nil to others.
func (s *Service) Email(ctx context.Context, u *entgen.User) (*string, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	if a.UserID == u.ID || a.Super {
		return &u.Email, nil
	}
	shared, err := s.DB.Client().Member.Query().Where(member.UserID(u.ID), member.LeftAtIsNil()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range shared {
		ok, err := s.Guard.Allows(ctx, m.WorkspaceID, authz.AdminUsers)
		if err != nil {
			return nil, err
		}
		if ok {
			return &u.Email, nil
		}
	}
	return nil, nil
}

// ChangePassword sets a new password and ends the caller's other sessions. The old one has to be given.
func (s *Service) ChangePassword(ctx context.Context, in ChangePasswordInput) (*ChangePasswordPayload, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	u, err := s.DB.Client().User.Get(ctx, a.UserID)
	if err != nil {
		return nil, err
	}
	good, err := s.checked(ctx, u.EmailKey, u.PasswordHash, in.CurrentPassword)
	if err != nil {
		return nil, err
	}
	if !good {
		return nil, fault.User(fault.InvalidCredentials, "currentPassword", "This is not the password in use.")
	}
	hashed, err := s.hash(ctx, in.NewPassword)
	if err != nil {
		return nil, err
	}
	p := &ChangePasswordPayload{}
	// A hash of the input would be kept with an idempotency key, and the input holds passwords.
	done, err := s.Log.Change(eventlog.Unkeyed(ctx), func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if err := tx.User.UpdateOneID(u.ID).SetPasswordHash(hashed).AddVersion(1).Exec(ctx); err != nil {
			return "", err
		}
		if err := tx.Append(ctx, id.Platform, eventlog.Draft{Type: passwordChanged, SubjectID: u.ID}); err != nil {
			return "", err
		}
		p.EndedSessions, err = s.finishAll(ctx, tx, u.ID, a.SessionID, "PASSWORD_CHANGED")
		return u.ID, err
	})
	if err != nil {
		return nil, err
	}
	p.Receipt = done.Receipt
	return p, nil
}

// UpdateProfile changes the caller's own name.
func (s *Service) UpdateProfile(ctx context.Context, in UpdateProfileInput) (*UpdateProfilePayload, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	p := &UpdateProfilePayload{}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (_ string, err error) {
		if p.User, err = tx.User.UpdateOneID(a.UserID).SetDisplayName(in.DisplayName).AddVersion(1).Save(ctx); err != nil {
			return "", err
		}
		return a.UserID, tx.Append(ctx, id.Platform, eventlog.Draft{Type: userUpdated, SubjectID: a.UserID})
	})
	if err != nil {
		return nil, err
	}
	p.Receipt = done.Receipt
	if p.User == nil {
		p.User, err = s.Guard.User(ctx, a.UserID)
	}
	return p, err
}
