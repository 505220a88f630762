package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"karnak/ent/mixin"
	"karnak/ent/rule"
	"karnak/internal/platform/id"
)

// Event is an entry of a workspace's log; seq is gap-free and in the order of the commits.
type Event struct{ ent.Schema }

// Mixin gives the event an id and binds it to a workspace.
func (Event) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Event}, mixin.Tenant{}}
}

// Fields of an event.
func (Event) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("seq").Immutable(),
		field.String("type").MaxLen(80).Immutable(),
		mixin.OptionalKey("actor_id"),
		mixin.OptionalKey("subject_id"),
		mixin.OptionalKey("object_id"),
		mixin.OptionalKey("channel_id"),
		field.Time("occurred_at").Immutable(),
		field.Time("recorded_at").Immutable(),
		field.String("source").MaxLen(40).Immutable(),
		field.String("dedupe_key").Optional().Nillable().Immutable(),
		field.String("client_mutation_id").Optional().Nillable().Immutable(),
		field.Int("schema_version").Default(1).Immutable(),
		field.JSON("data", json.RawMessage{}).Optional().Immutable(),
	}
}

// Indexes of an event.
func (Event) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("workspace_id", "seq").Unique(),
		index.Fields("workspace_id", "source", "dedupe_key").Unique(),
		index.Fields("workspace_id", "channel_id", "seq"),
	}
}

// Annotations name the table.
func (Event) Annotations() []schema.Annotation { return mixin.Table("events") }

// EventHead is the newest number of a workspace's log; its row is locked last in every transaction. The id is the
// workspace's. epoch changes when a backup is restored, floor is the newest number that is no longer kept.
type EventHead struct{ ent.Schema }

// Mixin gives the head the id of its workspace.
func (EventHead) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Identified{Prefix: id.Workspace}} }

// Fields of a head.
func (EventHead) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("seq").Default(0),
		field.Int64("floor").Default(0),
		field.Int64("epoch").Default(1),
	}
}

// Annotations name the table.
func (EventHead) Annotations() []schema.Annotation { return mixin.Table("event_heads") }

// Policy limits an actor to the heads of their workspaces.
func (EventHead) Policy() ent.Policy { return rule.Tenancy{Column: "id"} }

// Idempotency keeps what a mutation with an idempotency key did. The id is a hash of the actor and the key.
type Idempotency struct{ ent.Schema }

// Mixin gives the entry a time.
func (Idempotency) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Idempotency}, mixin.Created{}}
}

// Fields of an entry: a hash of the input, and the object and place in the log that it made.
func (Idempotency) Fields() []ent.Field {
	return []ent.Field{
		field.String("fingerprint").Immutable(),
		field.String("object_id").Default(""),
		field.String("log_id").Default(""),
		field.Int64("seq").Default(0),
	}
}

// Indexes of an entry.
func (Idempotency) Indexes() []ent.Index { return []ent.Index{index.Fields("created_at")} }

// Annotations name the table.
func (Idempotency) Annotations() []schema.Annotation { return mixin.Table("idempotency_keys") }

// Policy lets karnak itself alone at the entries.
func (Idempotency) Policy() ent.Policy { return rule.SystemOnly{} }
