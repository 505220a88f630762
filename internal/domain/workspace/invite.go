package workspace

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/invitation"
	"karnak/ent/entgen/member"
	"karnak/ent/entgen/predicate"
	"karnak/ent/entgen/user"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/store"
)

const (
	invitationLife   = 7 * 24 * time.Hour
	invitationPrefix = "kinv_"
)

// open keeps the invitations that can still be accepted.
func (s *Service) open() predicate.Invitation {
	return invitation.And(invitation.AcceptedAtIsNil(), invitation.RevokedAtIsNil(), invitation.ExpiresAtGT(s.Clock.Now()))
}

// InviteMember invites an e-mail address, with a role of at most the caller's own rights. Needs admin:users. The payload
// has the token, which is kept nowhere.
func (s *Service) InviteMember(ctx context.Context, in InviteMemberInput) (*InviteMemberPayload, error) {
	if err := s.Guard.Require(ctx, in.WorkspaceID, authz.AdminUsers, in.WorkspaceID); err != nil {
		return nil, err
	}
	if err := s.invitable(ctx, &in); err != nil {
		return nil, err
	}
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return nil, err
	}
	token := invitationPrefix + base64.RawURLEncoding.EncodeToString(raw)
	p := &InviteMemberPayload{Token: &token}
	now := s.Clock.Now()
	done, err := s.Log.Change(eventlog.Unkeyed(ctx), func(ctx context.Context, tx *eventlog.Tx) (_ string, err error) {
		p.Invitation, err = tx.Invitation.Create().SetWorkspaceID(in.WorkspaceID).SetEmail(strings.TrimSpace(in.Email)).
			SetEmailKey(emailKey(in.Email)).SetRole(in.Role).SetTokenHash(hashed(token)).SetInvitedBy(authz.ActorOf(ctx).UserID).
			SetCreatedAt(now).SetExpiresAt(now.Add(invitationLife)).Save(ctx)
		if err != nil {
			return "", err
		}
		return p.Invitation.ID, tx.Append(ctx, in.WorkspaceID, eventlog.Draft{Type: invited, ObjectID: p.Invitation.ID})
	})
	if err != nil {
		return nil, err
	}
	p.Receipt = done.Receipt
	return p, nil
}

func emailKey(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func hashed(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

func (s *Service) invitable(ctx context.Context, in *InviteMemberInput) error {
	var i fault.Issues
	i.Email("email", in.Email)
	policy, err := s.Guard.Policy(ctx, in.WorkspaceID)
	if err != nil {
		return err
	}
	own, err := s.Guard.Of(ctx, in.WorkspaceID, authz.ActorOf(ctx).UserID)
	if err != nil {
		return err
	}
	switch {
	case !policy.Assignable(in.Role):
		i.Add(fault.Invalid, "role", "There is no role of this name here.")
	case !own.Covers(in.Role):
		i.Add(fault.NotAllowed, "role", "The role holds more than you do: choose a lesser one.")
	}
	member, err := s.belongs(ctx, in.WorkspaceID, in.Email)
	if err != nil {
		return err
	}
	if member {
		i.Add(fault.Taken, "email", "This address belongs to a member already.")
	}
	return i.Err()
}

func (s *Service) belongs(ctx context.Context, workspaceID, email string) (bool, error) {
	sys := authz.System(ctx, "workspace: look an address up among the members")
	u, err := optional(s.DB.Client().User.Query().Where(user.EmailKey(emailKey(email))).Only(sys))
	if u == nil || err != nil {
		return false, err
	}
	return s.DB.Client().Member.Query().Where(member.WorkspaceID(workspaceID), member.UserID(u.ID), member.LeftAtIsNil()).Exist(sys)
}

// RevokeInvitation takes an invitation back. Needs admin:users.
func (s *Service) RevokeInvitation(ctx context.Context, in RevokeInvitationInput) (*RevokeInvitationPayload, error) {
	if done, err := s.Log.Replay(ctx); done != nil || err != nil {
		return takenBack(done, err)
	}
	x, err := s.InvitationByID(ctx, in.InvitationID)
	if x == nil || err != nil {
		return nil, either(err, noInvitation())
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		n, err := tx.Invitation.Update().Where(invitation.ID(x.ID), s.open()).SetRevokedAt(s.Clock.Now()).Save(ctx)
		if err != nil || n == 0 { // somebody else was faster
			return "", either(err, noInvitation())
		}
		return x.ID, tx.Append(ctx, x.WorkspaceID, eventlog.Draft{Type: invitationRevoked, ObjectID: x.ID})
	})
	return takenBack(done, err)
}

func takenBack(done *eventlog.Done, err error) (*RevokeInvitationPayload, error) {
	if err != nil {
		return nil, err
	}
	return &RevokeInvitationPayload{done.Receipt, &done.ObjectID}, nil
}

func noInvitation() error {
	return fault.User(fault.Missing, "invitationId", "There is no such invitation.")
}

// AcceptInvitation makes the caller a member. The invitation has to be made out to their address; an unknown, used or
// ended token, and one made out to another, are EXPIRED alike.
func (s *Service) AcceptInvitation(ctx context.Context, in AcceptInvitationInput) (*AcceptInvitationPayload, error) {
	a, err := s.Guard.Actor(ctx)
	if err != nil {
		return nil, err
	}
	me, err := s.Guard.User(ctx, a.UserID)
	if err != nil || me == nil {
		return nil, either(err, fault.SignInNeeded())
	}
	p := &AcceptInvitationPayload{}
	accept := func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		sys := authz.System(ctx, "workspace: the invitation is the proof")
		x, err := optional(tx.Invitation.Query().Where(invitation.TokenHash(hashed(in.Token)), invitation.EmailKey(me.EmailKey), s.open()).Only(sys))
		if err != nil {
			return "", err
		}
		if x == nil {
			return "", fault.User(fault.Expired, "token", "This invitation is not for you, was used, or has ended: ask for a new one.")
		}
		if err := tx.Invitation.UpdateOneID(x.ID).SetAcceptedAt(s.Clock.Now()).Exec(sys); err != nil {
			return "", err
		}
		if p.Member, err = s.join(ctx, tx, x.WorkspaceID, a.UserID, x.Role); err != nil {
			return "", err
		}
		p.Workspace, err = tx.Workspace.Get(sys, x.WorkspaceID)
		return p.Member.ID, err
	}
	done, err := s.Log.Change(ctx, accept)
	if store.Duplicate(err) { // by another invitation, in the same moment
		done, err = s.Log.Change(ctx, accept)
	}
	if err != nil {
		return nil, err
	}
	if err := s.admit(ctx, a); err != nil {
		return nil, err
	}
	p.Receipt = done.Receipt
	if done.Replayed {
		p.Member, p.Workspace, err = s.place(ctx, done.ObjectID)
	}
	return p, err
}

// place returns a member with the workspace.
func (s *Service) place(ctx context.Context, memberID string) (*entgen.Member, *entgen.Workspace, error) {
	m, err := s.MemberByID(ctx, memberID)
	if m == nil || err != nil {
		return nil, nil, err
	}
	w, err := s.Guard.Workspace(ctx, m.WorkspaceID)
	return m, w, err
}
