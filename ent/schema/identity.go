// Package schema is karnak's data model: one file per domain or engine. Entities have no edges: rooms resolve ids under
// privacy, and composite foreign keys in the migrations hold what belongs together.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"karnak/ent/mixin"
	"karnak/ent/rule"
	"karnak/internal/platform/id"
)

// User is a person who can sign in.
type User struct{ ent.Schema }

// Mixin gives the user an id, a time and a version.
func (User) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.User}, mixin.Created{}, mixin.Versioned{}}
}

// Fields of a user. email_key is the address as it is compared: trimmed, in lower case.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("email").MaxLen(254),
		field.String("email_key").MaxLen(254).Unique(),
		field.String("display_name").MaxLen(400),
		field.String("password_hash").Sensitive(),
		field.Bool("super_admin").Default(false),
		field.Time("suspended_at").Optional().Nillable(),
	}
}

// Annotations name the table.
func (User) Annotations() []schema.Annotation { return mixin.Table("users") }

// Policy lets an actor see people they share a workspace with, and change none but themselves.
func (User) Policy() ent.Policy { return rule.People{} }

// Session is a sign-in. Its refresh token is derived from its id and generation, and not kept.
type Session struct{ ent.Schema }

// Mixin gives the session an id and a time.
func (Session) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Session}, mixin.Created{}}
}

// Fields of a session.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		mixin.Key("user_id"),
		field.Int("generation").Default(0),
		field.Time("rotated_at"),
		field.String("user_agent").MaxLen(400),
		field.String("address").MaxLen(64),
		field.Time("expires_at"),
		field.Time("ended_at").Optional().Nillable(),
		field.String("end_reason").Default(""),
	}
}

// Indexes of a session.
func (Session) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "id"), index.Fields("expires_at")}
}

// Annotations name the table.
func (Session) Annotations() []schema.Annotation { return mixin.Table("sessions") }

// Policy lets an actor see and end their own sessions.
func (Session) Policy() ent.Policy { return rule.Own{Column: "user_id"} }

// SigningKey signs access tokens; its private half is sealed under the master secret.
type SigningKey struct{ ent.Schema }

// Mixin gives the key an id and a time.
func (SigningKey) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.SigningKey}, mixin.Created{}}
}

// Fields of a signing key. It signs until retires_at and is published until expires_at.
func (SigningKey) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("public_key"),
		field.Bytes("sealed_key").Sensitive(),
		field.Time("retires_at"),
		field.Time("expires_at"),
	}
}

// Annotations name the table.
func (SigningKey) Annotations() []schema.Annotation { return mixin.Table("signing_keys") }

// Policy lets karnak itself alone at the keys.
func (SigningKey) Policy() ent.Policy { return rule.SystemOnly{} }
