// Package mixin holds the fields and rules that entities share.
package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	entmixin "entgo.io/ent/schema/mixin"

	"karnak/ent/rule"
	"karnak/internal/platform/id"
)

// columnType keeps ids in a type that both engines compare byte by byte.
var columnType = map[string]string{dialect.Postgres: "varchar(40)", dialect.SQLite: "text"}

// Key returns a field that holds the id of another object; the column of a tenant's object is bound to the same
// workspace by a composite foreign key (ent/migrate/constraint).
func Key(name string) ent.Field {
	return field.String(name).SchemaType(columnType).Immutable().NotEmpty()
}

// OptionalKey is a Key that may be missing.
func OptionalKey(name string) ent.Field {
	return field.String(name).SchemaType(columnType).Immutable().Optional().Nillable()
}

// MovingKey is an OptionalKey that may come to name another object.
func MovingKey(name string) ent.Field {
	return field.String(name).SchemaType(columnType).Optional().Nillable()
}

// Identified gives an entity its TypeID.
type Identified struct {
	entmixin.Schema
	Prefix id.Prefix
}

// Fields returns the id.
func (m Identified) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").SchemaType(columnType).Immutable().NotEmpty().
			DefaultFunc(func() string { return id.New(m.Prefix) }),
	}
}

// Created gives an entity the time it was made.
type Created struct{ entmixin.Schema }

// Fields returns the time.
func (Created) Fields() []ent.Field {
	return []ent.Field{field.Time("created_at").Immutable()}
}

// Versioned gives an entity a version for optimistic locking.
type Versioned struct{ entmixin.Schema }

// Fields returns the version.
func (Versioned) Fields() []ent.Field {
	return []ent.Field{field.Int("version").Default(1).NonNegative()}
}

// Tenant binds an entity to a workspace for good: the id is immutable, every query is limited to the actor's workspaces,
// and a mutation of another workspace is refused.
type Tenant struct{ entmixin.Schema }

// Fields returns the workspace's id.
func (Tenant) Fields() []ent.Field { return []ent.Field{Key("workspace_id")} }

// Policy returns the tenancy rule.
func (Tenant) Policy() ent.Policy { return rule.Tenancy{Column: "workspace_id"} }

// Referred makes a tenant's entity the target of composite foreign keys.
type Referred struct{ entmixin.Schema }

// Indexes returns the key that foreign keys point at.
func (Referred) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "id").Unique()}
}

// Table names the table of an entity.
func Table(name string) []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: name}}
}
