package world

// Route says how an object with certain fields is reached: a request with %s for the selection, and where the object then
// is in the answer. $names stand for ids of the world, $self for the id of who asks.
type Route struct {
	Open, Path string
	// Writes says that the request leaves something behind.
	Writes bool
}

func node(id, on string) Route {
	return Route{Open: "query { node(id: " + id + ") { ... on " + on + " { %s } } }", Path: "node"}
}

// within reaches an object through a field of the workspace.
func within(field, path string) Route {
	return Route{Open: "query { node(id: $workspace) { ... on Workspace { " + field + " } } }", Path: "node." + path}
}

// happened reaches an event through the workspace's activity.
func happened(types, on string) Route {
	return within("activity(first: 100, filter: { types: ["+types+"] }) { nodes { ... on "+on+" { %s } } }", "activity.nodes")
}

// inside reaches an object through a field of the public channel.
func inside(field, path string) Route {
	return Route{Open: "query { node(id: $public) { ... on Channel { " + field + " } } }", Path: "node." + path}
}

// explained reaches an explanation of whether a subject holds a permission in the workspace.
func explained(subject, permission, selection, path string) Route {
	ask := "query { explainAccess(subjectId: " + subject + ", permission: " + permission + ", objectId: $workspace) { " + selection + " } }"
	return Route{Open: ask, Path: "explainAccess" + path}
}

// Routes has the way to each type, and to each type@variant. The payloads of mutations need none.
func Routes() map[string]Route {
	all := map[string]Route{
		"Query": {Open: "query { %s }"}, "Query@slug": {Open: "query { %s }"}, "Query@self": {Open: "query { %s }"},
		"Query@stranger": {Open: "query { %s }"},

		"Node": node("$message", "Node"), "Actor": node("$target", "Actor"),
		"User": node("$target", "User"), "User@stranger": node("$stranger", "User"),
		"User@self":    {Open: "query { viewer { user { %s } } }", Path: "viewer.user"},
		"Viewer":       {Open: "query { viewer { %s } }", Path: "viewer"},
		"Session":      {Open: "query { viewer { session { %s } } }", Path: "viewer.session"},
		"Session@else": node("$victimSession", "Session"),
		"SessionConnection": {
			Open: "query { viewer { sessions(first: 5) { %s } } }", Path: "viewer.sessions",
		},
		"SessionEdge": {Open: "query { viewer { sessions(first: 5) { edges { %s } } } }", Path: "viewer.sessions.edges"},
		"AuthSession": {Open: signingIn, Path: "signIn.session", Writes: true},
		"UserError":   {Open: `mutation { updateProfile(input: { displayName: "" }) { userErrors { %s } } }`, Path: "updateProfile.userErrors"},

		"ServerInfo":     {Open: "query { serverInfo { %s } }", Path: "serverInfo"},
		"ServerBackends": {Open: "query { serverInfo { backends { %s } } }", Path: "serverInfo.backends"},
		"ServerLimits":   {Open: "query { serverInfo { limits { %s } } }", Path: "serverInfo.limits"},

		"Permission": {Open: "query { permissions { %s } }", Path: "permissions"},
		"PermissionCheck": {
			Open: `query { viewer { can(permissions: ["chat:read"], objectId: $workspace) { %s } } }`, Path: "viewer.can",
		},
		"AccessExplanation":      explained("$target", `"chat:delete"`, "%s", ""),
		"AccessExplanation@self": explained("$self", `"chat:read"`, "%s", ""),
		"AccessExplanation@lack": explained("$self", `"admin:system"`, "%s", ""),
		"AccessRule":             explained("$self", `"chat:read"`, "rule { %s }", ".rule"),
	}
	for _, more := range []map[string]Route{workspaceRoutes(), chatRoutes(), eventRoutes(), adminRoutes(), talkRoutes(), toolRoutes()} {
		for k, v := range more {
			all[k] = v
		}
	}
	return all
}

const signingIn = `mutation { signIn(input: { email: $email, password: $password }) { session { %s } } }`

func workspaceRoutes() map[string]Route {
	return map[string]Route{
		"Workspace":           node("$workspace", "Workspace"),
		"Workspace@foreign":   node("$foreignWorkspace", "Workspace"),
		"WorkspaceConnection": {Open: "query { workspaces(first: 5) { %s } }", Path: "workspaces"},
		"WorkspaceEdge":       {Open: "query { workspaces(first: 5) { edges { %s } } }", Path: "workspaces.edges"},
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

func adminRoutes() map[string]Route {
	connections := func(selection, path string) Route {
		return Route{Open: "query { admin { connections(first: 100) { " + selection + " } } }", Path: "admin.connections" + path}
	}
	return map[string]Route{
		"Admin":                     {Open: "query { admin { %s } }", Path: "admin"},
		"ConnectedClientConnection": connections("%s", ""),
		"ConnectedClientEdge":       connections("edges { %s }", ".edges"),
		"ConnectedClient":           connections("nodes { %s }", ".nodes"),
		"ClientOperation":           connections("nodes { operations { %s } }", ".nodes.operations"),
	}
}

func chatRoutes() map[string]Route {
	return map[string]Route{
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
		"PresenceUpdate":            {Open: "subscription { presence(channelId: $lobby) { %s } }", Path: "presence"},
		"ReactionGroup":             {Open: "query { node(id: $message) { ... on Message { reactions { %s } } } }", Path: "node.reactions"},
	}
}

func eventRoutes() map[string]Route {
	return map[string]Route{
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

// Arguments has the arguments of fields that need some, by coordinate or by the name of a row.
func Arguments() map[string]string {
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
