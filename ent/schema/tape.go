package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"karnak/ent/mixin"
	"karnak/internal/platform/id"
)

// Tape is the head of the numbered steps of one piece of work, and who works on it; the id is that of the object it is about.
type Tape struct{ ent.Schema }

// Mixin gives the tape the id of its object and binds it to a workspace.
func (Tape) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Generation}, mixin.Tenant{}, mixin.Referred{}}
}

// Fields of a tape. seq is the number of its newest step. Whoever holds it writes under fence, which counts up with every
// holder, until lease_until; there is no lease once it has ended. One that is waiting is held by nobody and free at lease_until, or when it
// is woken. stop_at is when it was asked to stop.
func (Tape) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").MaxLen(40).Immutable(),
		field.Int64("seq").Default(0),
		field.Int64("fence").Default(0),
		field.Time("lease_until").Optional().Nillable(),
		field.Time("stop_at").Optional().Nillable(),
		field.Bool("waiting").Default(false),
	}
}

// Indexes of a tape.
func (Tape) Indexes() []ent.Index {
	return []ent.Index{index.Fields("kind", "lease_until")}
}

// Annotations name the table.
func (Tape) Annotations() []schema.Annotation { return mixin.Table("tapes") }

// TapeStep is a step of a tape; seq counts up by one within it, from 1.
type TapeStep struct{ ent.Schema }

// Mixin gives the step an id and binds it to a workspace.
func (TapeStep) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Step}, mixin.Tenant{}}
}

// Fields of a step. log_seq is how far the workspace's log went when it was written.
func (TapeStep) Fields() []ent.Field {
	return []ent.Field{
		mixin.Key("tape_id"),
		field.Int64("seq").Immutable(),
		field.String("kind").MaxLen(40).Immutable(),
		field.Time("recorded_at").Immutable(),
		field.Int64("log_seq").Immutable(),
		field.JSON("data", json.RawMessage{}).Optional().Immutable(),
	}
}

// Indexes of a step.
func (TapeStep) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "tape_id", "seq").Unique()}
}

// Annotations name the table.
func (TapeStep) Annotations() []schema.Annotation { return mixin.Table("tape_steps") }
