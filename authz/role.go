package authz

import "slices"

// The built-in roles, the lowest first; each inherits from the one before it.
const (
	RoleUser      = "user"
	RolePro       = "pro"
	RoleModerator = "moderator"
	RoleAdmin     = "admin"
	// RoleSuperAdmin is a role of the platform: no workspace gives it, and no role inherits from it.
	RoleSuperAdmin = "superAdmin"
)

// RoleDef is a role as it is written down. Allow and Deny are patterns, see Covers.
type RoleDef struct {
	Name    string
	Parents []string
	Allow   []string
	Deny    []string
}

func (d RoleDef) clone() RoleDef {
	return RoleDef{d.Name, slices.Clone(d.Parents), slices.Clone(d.Allow), slices.Clone(d.Deny)}
}

// BuiltIn returns the built-in roles, the lowest first.
func BuiltIn() []RoleDef {
	return []RoleDef{
		{
			Name:  RoleUser,
			Allow: names(UserRead, ChatRead, ChatWrite, APIRead, FeedRead, AssistantRead, AssistantWrite, ToolRead, ToolInvoke),
		},
		{
			Name:    RolePro,
			Parents: []string{RoleUser},
			Allow:   names(APIWrite, ChatDelete, ToolWrite),
		},
		{
			Name:    RoleModerator,
			Parents: []string{RolePro},
			Allow:   names(ChatReadAll, UserWrite),
		},
		{
			Name:    RoleAdmin,
			Parents: []string{RoleModerator},
			Allow:   names(AdminAccess, AdminUsers, AdminBilling, UserDelete, ToolApprove),
		},
		{
			Name:    RoleSuperAdmin,
			Parents: []string{RoleAdmin},
			Allow:   names(AdminSystem, APIAdmin),
		},
	}
}

// IsBuiltIn reports whether a role is built in, superAdmin among them.
func IsBuiltIn(role string) bool {
	switch role {
	case RoleUser, RolePro, RoleModerator, RoleAdmin, RoleSuperAdmin:
		return true
	}
	return false
}

func names(permissions ...Permission) []string {
	out := make([]string, len(permissions))
	for i, p := range permissions {
		out[i] = string(p)
	}
	return out
}
