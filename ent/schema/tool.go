package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"karnak/ent/enum"
	"karnak/ent/mixin"
	"karnak/internal/platform/id"
)

// Tool is something that members and language models of a workspace can have done, by its name; what it does is told by its
// versions.
type Tool struct{ ent.Schema }

// Mixin gives the tool an id, a time and a version and binds it to a workspace.
func (Tool) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Tool}, mixin.Tenant{}, mixin.Created{}, mixin.Versioned{}, mixin.Referred{}}
}

// Fields of a tool. current_id is the version that is run where none is named; there is none before the first was approved.
func (Tool) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(64).Immutable(),
		mixin.Key("created_by"),
		mixin.MovingKey("current_id"),
	}
}

// Indexes of a tool.
func (Tool) Indexes() []ent.Index { return []ent.Index{index.Fields("workspace_id", "name").Unique()} }

// Annotations name the table.
func (Tool) Annotations() []schema.Annotation { return mixin.Table("tools") }

// ToolVersion is what a tool does. It is never changed: hash is of everything that says what it does.
type ToolVersion struct{ ent.Schema }

// Mixin gives the version an id and a time and binds it to a workspace.
func (ToolVersion) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.ToolVersion}, mixin.Tenant{}, mixin.Created{}, mixin.Referred{}}
}

// Fields of a version. uses names the built-in tools that its program may call, permissions what it may do of what its caller may,
// hosts whom it may fetch from. The schemas are JSON, as they were written. timeout counts milliseconds.
func (ToolVersion) Fields() []ent.Field {
	return []ent.Field{
		mixin.Key("tool_id"),
		mixin.Key("created_by"),
		field.String("number").MaxLen(60).Immutable(),
		field.Text("description").Immutable(),
		field.Text("source").Immutable(),
		field.Text("input_schema").Immutable(),
		field.Text("output_schema").Default("").Immutable(),
		field.String("replay").GoType(enum.Replay("")).Immutable(),
		field.String("approval").GoType(enum.Approval("")).Immutable(),
		field.Strings("permissions").Immutable(),
		field.Strings("uses").Immutable(),
		field.Strings("hosts").Immutable(),
		field.Bool("clock").Immutable(),
		field.Int("timeout").Immutable(),
		field.String("hash").MaxLen(64).Immutable(),
		field.String("state").GoType(enum.ToolVersionState("")).Default(string(enum.Proposed)),
		mixin.MovingKey("decided_by"),
		field.Time("decided_at").Optional().Nillable(),
		field.Text("note").Default(""),
	}
}

// Indexes of a version.
func (ToolVersion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "tool_id", "number").Unique(), index.Fields("workspace_id", "state", "id")}
}

// Annotations name the table.
func (ToolVersion) Annotations() []schema.Annotation { return mixin.Table("tool_versions") }

// ToolInvocation is one run of a tool, of a version that is pinned; its steps are a tape of the same id.
type ToolInvocation struct{ ent.Schema }

// Mixin gives the invocation an id and a time and binds it to a workspace.
func (ToolInvocation) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.ToolInvocation}, mixin.Tenant{}, mixin.Created{}, mixin.Referred{}}
}

// Fields of an invocation. version_id is missing for a built-in tool; number and hash are of the version. A call by a language
// model has its generation and channel, and the model's name for it. cpu and wall count nanoseconds, memory bytes.
func (ToolInvocation) Fields() []ent.Field {
	return []ent.Field{
		field.String("tool").MaxLen(64).Immutable(),
		mixin.OptionalKey("version_id"),
		field.String("number").MaxLen(60).Immutable(),
		field.String("hash").MaxLen(64).Immutable(),
		mixin.Key("started_by"),
		mixin.OptionalKey("generation_id"),
		mixin.OptionalKey("channel_id"),
		field.String("call").MaxLen(200).Default("").Immutable(),
		field.Text("arguments").Immutable(),
		field.String("arguments_hash").MaxLen(64).Immutable(),
		field.String("state").GoType(enum.InvocationState("")),
		field.String("asking").GoType(enum.Asking("")).Default(""),
		field.Time("expires_at").Optional().Nillable(),
		mixin.MovingKey("decided_by"),
		field.Time("decided_at").Optional().Nillable(),
		field.Text("note").Default(""),
		field.Int("attempts").Default(0),
		field.Text("output").Default(""),
		field.String("failure").Default(""),
		field.Text("problem").Default(""),
		field.Int64("cpu").Default(0),
		field.Int64("wall").Default(0),
		field.Int64("memory").Default(0),
		field.Time("started_at").Optional().Nillable(),
		field.Time("ended_at").Optional().Nillable(),
	}
}

// Indexes of an invocation.
func (ToolInvocation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("workspace_id", "started_by", "id"), index.Fields("workspace_id", "generation_id", "id"),
		index.Fields("workspace_id", "state", "id"),
	}
}

// Annotations name the table.
func (ToolInvocation) Annotations() []schema.Annotation { return mixin.Table("tool_invocations") }
