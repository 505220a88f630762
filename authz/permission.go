package authz

// Permission is the name of something that can be allowed or denied: segments parted by colons, the resource first.
type Permission string

// The permissions there are; what each allows is told by All.
const (
	AdminAccess    Permission = "admin:access"
	AdminBilling   Permission = "admin:billing"
	AdminSystem    Permission = "admin:system"
	AdminUsers     Permission = "admin:users"
	APIAdmin       Permission = "api:admin"
	APIRead        Permission = "api:read"
	APIWrite       Permission = "api:write"
	AssistantRead  Permission = "assistant:read"
	AssistantWrite Permission = "assistant:write"
	ChatDelete     Permission = "chat:delete"
	ChatRead       Permission = "chat:read"
	ChatReadAll    Permission = "chat:read:all"
	ChatWrite      Permission = "chat:write"
	FeedRead       Permission = "feed:read"
	ToolApprove    Permission = "tool:approve"
	ToolInvoke     Permission = "tool:invoke"
	ToolRead       Permission = "tool:read"
	ToolWrite      Permission = "tool:write"
	UserDelete     Permission = "user:delete"
	UserRead       Permission = "user:read"
	UserWrite      Permission = "user:write"
)

// Info describes a permission.
type Info struct {
	Name        Permission
	Description string
	// Platform marks what belongs to the platform and not to a workspace: only superAdmin has it; a workspace's own
	// roles and grants never give it.
	Platform bool
}

// The position of a row is the permission's bit in a Set; it is never stored.
var registry = [...]Info{
	{AdminAccess, "Change the workspace's settings and its own roles.", false},
	{AdminBilling, "See and change the workspace's plan, payments and invoices.", false},
	{AdminSystem, "Run the platform itself: what belongs to no workspace.", true},
	{AdminUsers, "Invite and remove members, give them roles and grants, and explain their access.", false},
	{APIAdmin, "Manage API keys and their limits over the whole platform.", true},
	{APIRead, "Read with an API key.", false},
	{APIWrite, "Write with an API key.", false},
	{AssistantRead, "Read one's conversations with language models, and follow how answers are made.", false},
	{AssistantWrite, "Have language models answer, and stop them.", false},
	{ChatDelete, "Delete one's own messages.", false},
	{ChatRead, "Read the public channels, and those one is a member of.", false},
	{ChatReadAll, "Read private channels without being a member and, with a channel's moderation right, delete others' messages.", false},
	{ChatWrite, "Create channels, send, edit and react.", false},
	{FeedRead, "Read the workspace's activity.", false},
	{ToolApprove, "Decide which versions of tools are run in the workspace, and see who runs them.", false},
	{ToolInvoke, "Run the tools of the workspace, and let language models run them.", false},
	{ToolRead, "See the tools of the workspace and what they do.", false},
	{ToolWrite, "Propose tools and new versions of them.", false},
	{UserDelete, "Delete the accounts of members.", false},
	{UserRead, "See who the members are and which roles they have.", false},
	{UserWrite, "Change the profiles of members.", false},
}

var positions = func() map[Permission]int {
	m := make(map[Permission]int, len(registry))
	for i, info := range registry {
		m[info.Name] = i
	}
	return m
}()

// All returns every permission, sorted by name.
func All() []Info { return append([]Info(nil), registry[:]...) }

// Known reports whether there is a permission of this name; a pattern is none.
func Known(name string) bool {
	_, ok := positions[Permission(name)]
	return ok
}

// Platform reports whether a permission belongs to the platform: a workspace can neither allow nor grant it.
func (p Permission) Platform() bool {
	i, ok := positions[p]
	return ok && registry[i].Platform
}
