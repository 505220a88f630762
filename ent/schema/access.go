package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"karnak/ent/mixin"
	"karnak/internal/platform/id"
)

// CustomRole is a role of a workspace's own.
type CustomRole struct{ ent.Schema }

// Mixin gives the role an id, a time and a version and binds it to a workspace.
func (CustomRole) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Role}, mixin.Tenant{}, mixin.Created{}, mixin.Versioned{}}
}

// Fields of a role.
func (CustomRole) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(60).Immutable(),
		field.Strings("parents"),
		field.Strings("allow"),
		field.Strings("deny"),
	}
}

// Indexes of a role.
func (CustomRole) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "name").Unique()}
}

// Annotations name the table.
func (CustomRole) Annotations() []schema.Annotation { return mixin.Table("custom_roles") }

// Grant is a permission given to one member for a time.
type Grant struct{ ent.Schema }

// Mixin gives the grant an id and a time and binds it to a workspace.
func (Grant) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Grant}, mixin.Tenant{}, mixin.Created{}}
}

// Fields of a grant.
func (Grant) Fields() []ent.Field {
	return []ent.Field{
		mixin.Key("user_id"),
		field.String("permission").MaxLen(80).Immutable(),
		mixin.OptionalKey("object_id"),
		field.String("reason").Immutable(),
		mixin.Key("granted_by"),
		field.Time("expires_at").Immutable(),
		field.Time("revoked_at").Optional().Nillable(),
		field.Time("warned_at").Optional().Nillable(),
		field.Time("ended_at").Optional().Nillable(),
	}
}

// Indexes of a grant.
func (Grant) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "user_id", "expires_at"), index.Fields("expires_at")}
}

// Annotations name the table.
func (Grant) Annotations() []schema.Annotation { return mixin.Table("grants") }
