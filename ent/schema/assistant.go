package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"karnak/ent/enum"
	"karnak/ent/mixin"
	"karnak/ent/pinned"
	"karnak/internal/platform/id"
)

// Conversation is somebody's talk with a language model, in a channel of its own.
type Conversation struct{ ent.Schema }

// Mixin gives the conversation an id, a time and a version and binds it to a workspace.
func (Conversation) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Conversation}, mixin.Tenant{}, mixin.Created{}, mixin.Versioned{}, mixin.Referred{}}
}

// Fields of a conversation. leaf_id is the message at the end of the branch that is looked at.
func (Conversation) Fields() []ent.Field {
	return []ent.Field{
		mixin.Key("channel_id"),
		mixin.Key("created_by"),
		field.String("model").MaxLen(120),
		field.Text("instructions").Default(""),
		field.Strings("tools").Optional(),
		mixin.MovingKey("leaf_id"),
	}
}

// Indexes of a conversation.
func (Conversation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "channel_id").Unique(), index.Fields("workspace_id", "created_by", "id")}
}

// Annotations name the table.
func (Conversation) Annotations() []schema.Annotation { return mixin.Table("conversations") }

// Generation is the making of one answer to a message of a conversation; its steps are a tape of the same id.
type Generation struct{ ent.Schema }

// Mixin gives the generation an id and a time and binds it to a workspace.
func (Generation) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Generation}, mixin.Tenant{}, mixin.Created{}, mixin.Referred{}}
}

// Fields of a generation. message_id is the answer once it has ended with one; cost and reserved count millionths of a US dollar.
// tools are those that the model may call, pinned to their versions.
func (Generation) Fields() []ent.Field {
	return []ent.Field{
		mixin.Key("conversation_id"),
		mixin.Key("channel_id"),
		mixin.Key("prompt_id"),
		mixin.Key("started_by"),
		field.String("model").MaxLen(120).Immutable(),
		field.Int("max_tokens").Immutable(),
		field.JSON("tools", []pinned.Tool{}).Optional().Immutable(),
		field.String("state").GoType(enum.GenerationState("")).Default(string(enum.Queued)),
		field.String("provider").Default(""),
		field.Int("attempts").Default(0),
		mixin.MovingKey("message_id"),
		field.String("failure").Default(""),
		field.Int("input_tokens").Default(0),
		field.Int("cached_tokens").Default(0),
		field.Int("output_tokens").Default(0),
		field.Bool("estimated").Default(false),
		field.Int64("cost").Default(0),
		field.Int64("reserved").Default(0),
		field.Time("started_at").Optional().Nillable(),
		field.Time("first_at").Optional().Nillable(),
		field.Time("ended_at").Optional().Nillable(),
	}
}

// Indexes of a generation.
func (Generation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "conversation_id", "id"), index.Fields("workspace_id", "message_id").Unique()}
}

// Annotations name the table.
func (Generation) Annotations() []schema.Annotation { return mixin.Table("generations") }

// ModelBudget is what a workspace spends on language models in a month, in millionths of a US dollar.
type ModelBudget struct{ ent.Schema }

// Mixin gives the budget an id and binds it to a workspace.
func (ModelBudget) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.ModelBudget}, mixin.Tenant{}}
}

// Fields of a budget. spent is that of the month; reserved is held for answers that are being made, of whatever month.
func (ModelBudget) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("monthly_limit").Optional().Nillable(),
		field.String("month").MaxLen(7),
		field.Int64("spent").Default(0),
		field.Int64("reserved").Default(0),
	}
}

// Indexes of a budget.
func (ModelBudget) Indexes() []ent.Index { return []ent.Index{index.Fields("workspace_id").Unique()} }

// Annotations name the table.
func (ModelBudget) Annotations() []schema.Annotation { return mixin.Table("model_budgets") }
