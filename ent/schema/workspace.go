package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"karnak/ent/enum"
	"karnak/ent/mixin"
	"karnak/ent/rule"
	"karnak/internal/platform/id"
)

// Workspace is a tenant.
type Workspace struct{ ent.Schema }

// Mixin gives the workspace an id, a time and a version.
func (Workspace) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Workspace}, mixin.Created{}, mixin.Versioned{}}
}

// Fields of a workspace.
func (Workspace) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(400),
		field.String("slug").MaxLen(60).Unique().Immutable(),
		field.String("tier").GoType(enum.Tier("")).Default(string(enum.Solopreneur)),
		field.Bool("personal").Default(false).Immutable(),
		// How long events are kept, in nanoseconds; nothing for as long as the node keeps them.
		field.Int64("event_retention").GoType(time.Duration(0)).Optional().Nillable(),
	}
}

// Annotations name the table.
func (Workspace) Annotations() []schema.Annotation { return mixin.Table("workspaces") }

// Policy lets an actor see the workspaces they belong to.
func (Workspace) Policy() ent.Policy { return rule.Tenancy{Column: "id"} }

// Member is a user's place in a workspace. It stays when the user leaves, so that what they wrote keeps its author.
type Member struct{ ent.Schema }

// Mixin gives the member an id and binds it to a workspace.
func (Member) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Member}, mixin.Tenant{}}
}

// Fields of a member.
func (Member) Fields() []ent.Field {
	return []ent.Field{
		mixin.Key("user_id"),
		field.String("role").MaxLen(60),
		field.Bool("owner").Default(false),
		field.Time("joined_at"),
		field.Time("left_at").Optional().Nillable(),
	}
}

// Indexes of a member.
func (Member) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "user_id").Unique(), index.Fields("user_id", "workspace_id")}
}

// Annotations name the table.
func (Member) Annotations() []schema.Annotation { return mixin.Table("members") }

// Invitation asks somebody into a workspace; the database holds a hash of its token.
type Invitation struct{ ent.Schema }

// Mixin gives the invitation an id and a time and binds it to a workspace.
func (Invitation) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Invitation}, mixin.Tenant{}, mixin.Created{}}
}

// Fields of an invitation.
func (Invitation) Fields() []ent.Field {
	return []ent.Field{
		field.String("email").MaxLen(254).Immutable(),
		field.String("email_key").MaxLen(254).Immutable(),
		field.String("role").MaxLen(60).Immutable(),
		field.String("token_hash").Sensitive().Unique().Immutable(),
		mixin.Key("invited_by"),
		field.Time("expires_at"),
		field.Time("accepted_at").Optional().Nillable(),
		field.Time("revoked_at").Optional().Nillable(),
	}
}

// Indexes of an invitation.
func (Invitation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "id").StorageKey("invitation_page")}
}

// Annotations name the table.
func (Invitation) Annotations() []schema.Annotation { return mixin.Table("invitations") }
