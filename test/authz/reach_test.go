package authz_test

// route says how an object with certain fields is reached: a request with %s for the selection, and where the object then
// is in the answer. $names stand for ids of the world, $self for the id of who asks.
type route struct {
	open, path string
	// writes says that the request leaves something behind.
	writes bool
}

func node(id, on string) route {
	return route{open: "query { node(id: " + id + ") { ... on " + on + " { %s } } }", path: "node"}
}

// within reaches an object through a field of the workspace.
func within(field, path string) route {
	return route{open: "query { node(id: $workspace) { ... on Workspace { " + field + " } } }", path: "node." + path}
}

// happened reaches an event through the workspace's activity.
func happened(types, on string) route {
	return within("activity(first: 100, filter: { types: ["+types+"] }) { nodes { ... on "+on+" { %s } } }", "activity.nodes")
}

// inside reaches an object through a field of the public channel.
func inside(field, path string) route {
	return route{open: "query { node(id: $public) { ... on Channel { " + field + " } } }", path: "node." + path}
}

// explained reaches an explanation of whether a subject holds a permission in the workspace.
func explained(subject, permission, selection, path string) route {
	ask := "query { explainAccess(subjectId: " + subject + ", permission: " + permission + ", objectId: $workspace) { " + selection + " } }"
	return route{open: ask, path: "explainAccess" + path}
}

// routes has the way to each type, and to each type@variant. The payloads of mutations need none.
func routes() map[string]route {
	all := map[string]route{
		"Query": {open: "query { %s }"}, "Query@slug": {open: "query { %s }"}, "Query@self": {open: "query { %s }"},
		"Query@stranger": {open: "query { %s }"},

		"Node": node("$message", "Node"), "Actor": node("$target", "Actor"),
		"User": node("$target", "User"), "User@stranger": node("$stranger", "User"),
		"User@self":    {open: "query { viewer { user { %s } } }", path: "viewer.user"},
		"Viewer":       {open: "query { viewer { %s } }", path: "viewer"},
		"Session":      {open: "query { viewer { session { %s } } }", path: "viewer.session"},
		"Session@else": node("$victimSession", "Session"),
		"SessionConnection": {
			open: "query { viewer { sessions(first: 5) { %s } } }", path: "viewer.sessions",
		},
		"SessionEdge": {open: "query { viewer { sessions(first: 5) { edges { %s } } } }", path: "viewer.sessions.edges"},
		"AuthSession": {open: signingIn, path: "signIn.session", writes: true},
		"UserError":   {open: `mutation { updateProfile(input: { displayName: "" }) { userErrors { %s } } }`, path: "updateProfile.userErrors"},

		"ServerInfo":     {open: "query { serverInfo { %s } }", path: "serverInfo"},
		"ServerBackends": {open: "query { serverInfo { backends { %s } } }", path: "serverInfo.backends"},
		"ServerLimits":   {open: "query { serverInfo { limits { %s } } }", path: "serverInfo.limits"},

		"Permission": {open: "query { permissions { %s } }", path: "permissions"},
		"PermissionCheck": {
			open: `query { viewer { can(permissions: ["chat:read"], objectId: $workspace) { %s } } }`, path: "viewer.can",
		},
		"AccessExplanation":      explained("$target", `"chat:delete"`, "%s", ""),
		"AccessExplanation@self": explained("$self", `"chat:read"`, "%s", ""),
		"AccessExplanation@lack": explained("$self", `"admin:system"`, "%s", ""),
		"AccessRule":             explained("$self", `"chat:read"`, "rule { %s }", ".rule"),
	}
	for _, more := range []map[string]route{workspaceRoutes(), chatRoutes(), eventRoutes()} {
		for k, v := range more {
			all[k] = v
		}
	}
	return all
}

const signingIn = `mutation { signIn(input: { email: $email, password: $password }) { session { %s } } }`

func workspaceRoutes() map[string]route {
	return map[string]route{
		"Workspace":           node("$workspace", "Workspace"),
		"Workspace@foreign":   node("$foreignWorkspace", "Workspace"),
		"WorkspaceConnection": {open: "query { workspaces(first: 5) { %s } }", path: "workspaces"},
		"WorkspaceEdge":       {open: "query { workspaces(first: 5) { edges { %s } } }", path: "workspaces.edges"},
		"PageInfo":            within("members(first: 1) { pageInfo { %s } }", "members.pageInfo"),

		"Member":           node("$targetMember", "Member"),
		"MemberConnection": within("members(first: 5) { %s }", "members"),
		"MemberEdge":       within("members(first: 5) { edges { %s } }", "members.edges"),

		"Invitation":           node("$invitation", "Invitation"),
		"InvitationConnection": within("invitations(first: 5) { %s }", "invitations"),
		"InvitationEdge":       within("invitations(first: 5) { edges { %s } }", "invitations.edges"),

		"Role":            within("roles { %s }", "roles"),
		"Grant":           node("$scoped", "Grant"),
		"GrantConnection": within("grants(first: 5) { %s }", "grants"),
		"GrantEdge":       within("grants(first: 5) { edges { %s } }", "grants.edges"),
	}
}

func chatRoutes() map[string]route {
	return map[string]route{
		"Channel": node("$public", "Channel"), "Channel@private": node("$private", "Channel"), "Channel@direct": node("$direct", "Channel"),
		"ChannelConnection": within("channels(first: 5) { %s }", "channels"),
		"ChannelEdge":       within("channels(first: 5) { edges { %s } }", "channels.edges"),

		"ChannelMember":         node("$publicMember", "ChannelMember"),
		"ChannelMember@private": node("$privateMember", "ChannelMember"), "ChannelMember@direct": node("$directMember", "ChannelMember"),
		"ChannelMemberConnection": inside("members(first: 5) { %s }", "members"),
		"ChannelMemberEdge":       inside("members(first: 5) { edges { %s } }", "members.edges"),

		"Message": node("$message", "Message"), "Message@deleted": node("$deleted", "Message"),
		"Message@private": node("$privateMessage", "Message"), "Message@direct": node("$directMessage", "Message"),
		"MessageConnection":         inside("messages(first: 5) { %s }", "messages"),
		"MessageEdge":               inside("messages(first: 5) { edges { %s } }", "messages.edges"),
		"MessageConnection@found":   within(`searchMessages(query: "beginning") { %s }`, "searchMessages"),
		"MessageConnection@private": within(`searchMessages(query: "canary") { %s }`, "searchMessages"),
		"MessageConnection@direct":  within(`searchMessages(query: "whisper") { %s }`, "searchMessages"),
		"ReactionGroup":             {open: "query { node(id: $message) { ... on Message { reactions { %s } } } }", path: "node.reactions"},
	}
}

func eventRoutes() map[string]route {
	return map[string]route{
		"ActivityConnection":         within("activity(first: 5) { %s }", "activity"),
		"ActivityConnection@private": within("activity(filter: { channelIds: [$private] }) { %s }", "activity"),
		"ActivityConnection@direct":  within("activity(filter: { channelIds: [$direct] }) { %s }", "activity"),
		"ActivityEdge":               within("activity(first: 5) { edges { %s } }", "activity.edges"),

		"Event":           happened(`"workspace.*"`, "Event"),
		"ActivityEvent":   happened(`"workspace.*"`, "ActivityEvent"),
		"ChannelEvent":    happened(`"chat.*"`, "ChannelEvent"),
		"WorkspaceEvent":  happened(`"workspace.member.joined"`, "WorkspaceEvent"),
		"ChannelCreated":  happened(`"chat.channel.created"`, "ChannelCreated"),
		"ChannelUpdated":  happened(`"chat.channel.updated"`, "ChannelUpdated"),
		"MemberJoined":    happened(`"chat.member.joined"`, "MemberJoined"),
		"MemberLeft":      happened(`"chat.member.left"`, "MemberLeft"),
		"MessagePosted":   happened(`"chat.message.posted"`, "MessagePosted"),
		"MessageEdited":   happened(`"chat.message.edited"`, "MessageEdited"),
		"MessageDeleted":  happened(`"chat.message.deleted"`, "MessageDeleted"),
		"ReactionAdded":   happened(`"chat.reaction.added"`, "ReactionAdded"),
		"ReactionRemoved": happened(`"chat.reaction.removed"`, "ReactionRemoved"),
	}
}

// arguments has the arguments of fields that need some, by coordinate or by the name of a row.
func arguments() map[string]string {
	return map[string]string{
		"Query.node":                   "id: $message",
		"Query.nodes":                  "ids: [$message, $public]",
		"Query.workspace":              "id: $workspace",
		"Query.workspace@slug":         "slug: $slug",
		"Query.explainAccess":          `subjectId: $target, permission: "chat:read", objectId: $workspace`,
		"Query.explainAccess@self":     `subjectId: $self, permission: "chat:read", objectId: $workspace`,
		"Query.explainAccess@stranger": `subjectId: $stranger, permission: "chat:read", objectId: $workspace`,
		"Viewer.can":                   `permissions: ["chat:read"], objectId: $workspace`,
		"Workspace.searchMessages":     `query: "beginning"`,
	}
}
