package access

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/customrole"
	"karnak/ent/entgen/invitation"
	"karnak/ent/entgen/member"
	"karnak/ent/enum"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/guard"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// Roles returns the roles that can be given in a workspace, the built-in ones first. Needs user:read.
func (s *Service) Roles(ctx context.Context, workspaceID string) ([]*Role, error) {
	if err := s.Guard.Require(ctx, workspaceID, authz.UserRead, workspaceID); err != nil {
		return nil, err
	}
	policy, err := s.Guard.Policy(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	var out []*Role
	for _, d := range authz.BuiltIn() {
		if policy.Assignable(d.Name) {
			out = append(out, shown(policy, d, nil))
		}
	}
	rows, err := s.own(ctx, workspaceID)
	for _, r := range rows {
		out = append(out, shown(policy, guard.Definitions([]*entgen.CustomRole{r})[0], r))
	}
	return out, err
}

func (s *Service) own(ctx context.Context, workspaceID string) ([]*entgen.CustomRole, error) {
	return s.DB.Client().CustomRole.Query().Where(customrole.WorkspaceID(workspaceID)).Order(customrole.ByName()).All(ctx)
}

func shown(p *authz.Policy, d authz.RoleDef, row *entgen.CustomRole) *Role {
	r := &Role{Name: d.Name, BuiltIn: row == nil, Parents: d.Parents, Allow: d.Allow, Deny: d.Deny}
	if row != nil {
		r.ID, r.Version = &row.ID, row.Version
	}
	for _, x := range p.Set(d.Name).Permissions() {
		r.Permissions = append(r.Permissions, string(x))
	}
	return r
}

// AssignRole gives a member a role. Needs admin:users. Nobody changes their own role, one that holds more than theirs, or
// gives one that does.
func (s *Service) AssignRole(ctx context.Context, in AssignRoleInput) (*AssignRolePayload, error) {
	own, err := s.rights(ctx, in.WorkspaceID, authz.AdminUsers)
	if err != nil {
		return nil, err
	}
	if err := s.assignable(ctx, own, in); err != nil {
		return nil, err
	}
	p := &AssignRolePayload{}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		m, err := optional(tx.Member.Query().Where(member.WorkspaceID(in.WorkspaceID), member.UserID(in.UserID), member.LeftAtIsNil()).Only(ctx))
		if m == nil || err != nil {
			return "", either(err, noMember())
		}
		if p.Member, err = m.Update().SetRole(in.Role).Save(ctx); err != nil {
			return "", err
		}
		return m.ID, tx.Append(ctx, in.WorkspaceID, eventlog.Draft{Type: roleAssigned, SubjectID: in.UserID, ObjectID: in.WorkspaceID, Data: map[string]string{"role": in.Role}})
	})
	if err != nil {
		return nil, err
	}
	p.Receipt = done.Receipt
	if done.Replayed {
		p.Member, err = s.DB.Client().Member.Get(ctx, done.ObjectID)
	}
	return p, err
}

func noMember() error { return fault.User(fault.Missing, "userId", "There is no such member.") }

func (s *Service) assignable(ctx context.Context, own *authz.Access, in AssignRoleInput) error {
	policy, err := s.Guard.Policy(ctx, in.WorkspaceID)
	if err != nil {
		return err
	}
	other, err := s.Guard.Of(ctx, in.WorkspaceID, in.UserID)
	var i fault.Issues
	switch {
	case err != nil:
		return err
	case in.UserID == authz.ActorOf(ctx).UserID:
		i.Add(fault.NotAllowed, "userId", "Nobody changes their own role: ask another admin.")
	case other == nil:
		return noMember()
	case !own.Held().Contains(other.Held()):
		i.Add(fault.NotAllowed, "userId", "This member holds more than you do.")
	}
	switch {
	case !policy.Assignable(in.Role):
		i.Add(fault.Invalid, "role", "There is no role of this name here.")
	case !own.Covers(in.Role):
		i.Add(fault.NotAllowed, "role", "The role holds more than you do.")
	}
	return i.Err()
}

var roleName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)

// CreateRole makes a role of a workspace's own, which gives nothing the caller lacks. Needs admin:access, and tier STARTUP.
func (s *Service) CreateRole(ctx context.Context, in CreateRoleInput) (*CreateRolePayload, error) {
	own, err := s.rights(ctx, in.WorkspaceID, authz.AdminAccess)
	if err != nil {
		return nil, err
	}
	if err := s.Guard.RequireTier(ctx, in.WorkspaceID, enum.Startup); err != nil {
		return nil, err
	}
	var i fault.Issues
	made(&i, id.Role, in.ID)
	if !roleName.MatchString(in.Name) {
		i.Add(fault.Invalid, "name", "A role's name has 2 to 40 lower-case letters, digits and dashes and begins with a letter.")
	}
	if err := i.Err(); err != nil {
		return nil, err
	}
	def := authz.RoleDef{Name: in.Name, Parents: in.Parents, Allow: in.Allow, Deny: in.Deny}
	p := &CreateRolePayload{}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		after, err := s.next(ctx, tx, own, in.WorkspaceID, def, "")
		if err != nil {
			return "", err
		}
		row, err := tx.CustomRole.Create().SetID(orNew(id.Role, in.ID)).SetWorkspaceID(in.WorkspaceID).SetName(in.Name).SetCreatedAt(s.Clock.Now()).
			SetParents(some(in.Parents)).SetAllow(some(in.Allow)).SetDeny(some(in.Deny)).Save(ctx)
		if err != nil {
			return "", err
		}
		p.Role = shown(after, def, row)
		return row.ID, tx.Append(ctx, in.WorkspaceID, eventlog.Draft{Type: roleCreated, ObjectID: row.ID})
	})
	if store.Duplicate(err) {
		return nil, fault.User(fault.Taken, "", "A role of this name, or of this id, is there already.")
	}
	if err != nil {
		return nil, err
	}
	p.Receipt = done.Receipt
	if done.Replayed {
		p.Role, err = s.RoleByID(ctx, done.ObjectID)
	}
	return p, err
}

func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// next compiles the roles of a workspace with one of them made, changed or, under a zero definition, gone, and refuses
// what is not valid or gives somebody more than the caller holds.
func (s *Service) next(ctx context.Context, tx *eventlog.Tx, own *authz.Access, workspaceID string, def authz.RoleDef, gone string) (*authz.Policy, error) {
	rows, err := s.rows(ctx, tx, workspaceID)
	if err != nil {
		return nil, err
	}
	before := guard.Definitions(rows)
	after := slices.DeleteFunc(slices.Clone(before), func(d authz.RoleDef) bool { return d.Name == gone })
	if def.Name != "" {
		after = append(after, def)
	}
	policy, err := authz.Compile(after)
	if err != nil {
		return nil, refused(err, def.Name)
	}
	was, _ := authz.Load(before)
	if !own.Held().Contains(authz.Gained(was, policy)) {
		return nil, fault.User(fault.NotAllowed, "allow", "This would give more than you hold yourself.")
	}
	return policy, nil
}

// rows returns the roles of a workspace. Changes of them are made one after another from here on, so that two of them cannot
// make a cycle.
func (s *Service) rows(ctx context.Context, tx *eventlog.Tx, workspaceID string) ([]*entgen.CustomRole, error) {
	sys := authz.System(ctx, "access: lock the roles")
	if err := tx.Workspace.UpdateOneID(workspaceID).AddVersion(0).Exec(sys); err != nil {
		return nil, err
	}
	return tx.CustomRole.Query().Where(customrole.WorkspaceID(workspaceID)).All(ctx)
}

// lock returns the roles of a workspace, and one of them as it now is.
func (s *Service) lock(ctx context.Context, tx *eventlog.Tx, row *entgen.CustomRole) ([]*entgen.CustomRole, *entgen.CustomRole, error) {
	rows, err := s.rows(ctx, tx, row.WorkspaceID)
	i := slices.IndexFunc(rows, func(r *entgen.CustomRole) bool { return r.ID == row.ID })
	if err != nil || i < 0 {
		return nil, nil, either(err, noRole())
	}
	return rows, rows[i], nil
}

func noRole() error { return fault.User(fault.Missing, "roleId", "There is no such role.") }

// refused makes user errors of what the policy finds wrong.
func refused(err error, role string) error {
	var p *authz.PolicyError
	if !errors.As(err, &p) {
		return err
	}
	var i fault.Issues
	for _, f := range p.Faults {
		code, field := fault.Invalid, f.Field
		if f.Kind == authz.FaultDuplicate || f.Kind == authz.FaultShadow {
			code = fault.Taken
		}
		if f.Role != role {
			field = ""
		}
		i.Add(code, field, "%s", f.Message)
	}
	return i.Err()
}

// UpdateRole changes a role of a workspace's own. Needs admin:access.
func (s *Service) UpdateRole(ctx context.Context, in UpdateRoleInput) (*UpdateRolePayload, error) {
	row, own, err := s.editable(ctx, in.RoleID)
	if err != nil {
		return nil, err
	}
	p := &UpdateRolePayload{}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		rows, r, err := s.lock(ctx, tx, row)
		if err != nil {
			return "", err
		}
		def := changed(r, in)
		if in.ExpectedVersion != nil && *in.ExpectedVersion != r.Version {
			policy, _ := authz.Load(guard.Definitions(rows))
			p.Role = shown(policy, guard.Definitions([]*entgen.CustomRole{r})[0], r)
			return "", fault.User(fault.Conflict, "expectedVersion", "The role is at version %d: look at it and decide again.", r.Version)
		}
		after, err := s.next(ctx, tx, own, r.WorkspaceID, def, def.Name)
		if err != nil {
			return "", err
		}
		r, err = r.Update().SetParents(some(def.Parents)).SetAllow(some(def.Allow)).SetDeny(some(def.Deny)).AddVersion(1).Save(ctx)
		if err != nil {
			return "", err
		}
		p.Role = shown(after, def, r)
		return r.ID, tx.Append(ctx, r.WorkspaceID, eventlog.Draft{Type: roleUpdated, ObjectID: r.ID})
	})
	if err != nil {
		return p, err
	}
	p.Receipt = done.Receipt
	if done.Replayed {
		p.Role, err = s.RoleByID(ctx, done.ObjectID)
	}
	return p, err
}

func changed(r *entgen.CustomRole, in UpdateRoleInput) authz.RoleDef {
	def := authz.RoleDef{Name: r.Name, Parents: r.Parents, Allow: r.Allow, Deny: r.Deny}
	if in.Parents != nil {
		def.Parents = in.Parents
	}
	if in.Allow != nil {
		def.Allow = in.Allow
	}
	if in.Deny != nil {
		def.Deny = in.Deny
	}
	return def
}

// editable returns a role the caller may change.
func (s *Service) editable(ctx context.Context, roleID string) (*entgen.CustomRole, *authz.Access, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, nil, err
	}
	row, err := optional(s.DB.Client().CustomRole.Query().Where(customrole.ID(roleID)).Only(ctx))
	if row == nil || err != nil {
		return nil, nil, either(err, noRole())
	}
	own, err := s.rights(ctx, row.WorkspaceID, authz.AdminAccess)
	return row, own, err
}

// RoleByID returns a role of a workspace's own; nil when there is none the caller may see. Needs user:read.
func (s *Service) RoleByID(ctx context.Context, roleID string) (*Role, error) {
	if _, err := s.Guard.Actor(ctx); err != nil {
		return nil, err
	}
	row, err := optional(s.DB.Client().CustomRole.Query().Where(customrole.ID(roleID)).Only(ctx))
	if row == nil || err != nil {
		return nil, err
	}
	if ok, err := s.Guard.Allows(ctx, row.WorkspaceID, authz.UserRead, row.WorkspaceID); !ok || err != nil {
		return nil, err
	}
	policy, err := s.Guard.Policy(ctx, row.WorkspaceID)
	if err != nil {
		return nil, err
	}
	return shown(policy, guard.Definitions([]*entgen.CustomRole{row})[0], row), nil
}

// DeleteRole deletes a role of a workspace's own that nobody has and none inherits from. Needs admin:access.
func (s *Service) DeleteRole(ctx context.Context, in DeleteRoleInput) (*DeleteRolePayload, error) {
	if done, err := s.Log.Replay(ctx); done != nil || err != nil {
		return deletedRole(done, err)
	}
	row, own, err := s.editable(ctx, in.RoleID)
	if err != nil {
		return nil, err
	}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		if _, _, err := s.lock(ctx, tx, row); err != nil {
			return "", err
		}
		used, err := tx.Member.Query().Where(member.WorkspaceID(row.WorkspaceID), member.Role(row.Name), member.LeftAtIsNil()).Exist(ctx)
		if err != nil {
			return "", err
		}
		asked, err := tx.Invitation.Query().Where(invitation.WorkspaceID(row.WorkspaceID), invitation.Role(row.Name),
			invitation.AcceptedAtIsNil(), invitation.RevokedAtIsNil(), invitation.ExpiresAtGT(s.Clock.Now())).Exist(ctx)
		if err != nil || used || asked {
			return "", either(err, fault.User(fault.NotAllowed, "roleId", "Members or invitations have this role: give them another one first."))
		}
		if _, err := s.next(ctx, tx, own, row.WorkspaceID, authz.RoleDef{}, row.Name); fault.CodeOf(err) == fault.BadUserInput {
			return "", fault.User(fault.NotAllowed, "roleId", "Other roles inherit from this one: change them first.")
		} else if err != nil {
			return "", err
		}
		if err := tx.CustomRole.DeleteOneID(row.ID).Exec(ctx); err != nil {
			return "", err
		}
		return row.ID, tx.Append(ctx, row.WorkspaceID, eventlog.Draft{Type: roleDeleted, ObjectID: row.ID})
	})
	return deletedRole(done, err)
}

func deletedRole(done *eventlog.Done, err error) (*DeleteRolePayload, error) {
	if err != nil {
		return nil, err
	}
	return &DeleteRolePayload{done.Receipt, &done.ObjectID}, nil
}
