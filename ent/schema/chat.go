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

// Channel is a place where messages are numbered. last_seq is the number of its newest message.
type Channel struct{ ent.Schema }

// Mixin gives the channel an id, a time and a version and binds it to a workspace.
func (Channel) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Channel}, mixin.Tenant{}, mixin.Created{}, mixin.Versioned{}, mixin.Referred{}}
}

// Fields of a channel. name_key is the name as it is compared, and null for a direct channel; direct_key names the people
// of a direct channel, so that there is one for them.
func (Channel) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(400),
		field.String("name_key").Optional().Nillable(),
		field.String("topic").Default(""),
		field.String("visibility").GoType(enum.Visibility("")).Immutable(),
		field.String("direct_key").Optional().Nillable().Immutable(),
		field.Int("last_seq").Default(0),
		mixin.Key("created_by"),
	}
}

// Indexes of a channel.
func (Channel) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("workspace_id", "name_key").Unique(),
		index.Fields("workspace_id", "direct_key").Unique(),
		index.Fields("workspace_id", "name", "id"),
	}
}

// Annotations name the table.
func (Channel) Annotations() []schema.Annotation { return mixin.Table("channels") }

// ChannelMember is a user's place in a channel.
type ChannelMember struct{ ent.Schema }

// Mixin gives the member an id and binds it to a workspace.
func (ChannelMember) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.ChannelMember}, mixin.Tenant{}}
}

// Fields of a channel's member.
func (ChannelMember) Fields() []ent.Field {
	return []ent.Field{
		mixin.Key("channel_id"),
		mixin.Key("user_id"),
		field.Bool("moderator").Default(false),
		field.Time("joined_at"),
	}
}

// Indexes of a channel's member.
func (ChannelMember) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "channel_id", "user_id").Unique(), index.Fields("workspace_id", "user_id")}
}

// Annotations name the table.
func (ChannelMember) Annotations() []schema.Annotation { return mixin.Table("channel_members") }

// ReadState is how far a user has read in a channel.
type ReadState struct{ ent.Schema }

// Mixin gives the read state an id and binds it to a workspace.
func (ReadState) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.ReadState}, mixin.Tenant{}}
}

// Fields of a read state.
func (ReadState) Fields() []ent.Field {
	return []ent.Field{mixin.Key("channel_id"), mixin.Key("user_id"), field.Int("seq"), field.Time("updated_at")}
}

// Indexes of a read state.
func (ReadState) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "user_id", "channel_id").Unique()}
}

// Annotations name the table.
func (ReadState) Annotations() []schema.Annotation { return mixin.Table("read_states") }

// Message is a message of a channel; seq counts up by one within it.
type Message struct{ ent.Schema }

// Mixin gives the message an id, a time and a version and binds it to a workspace.
func (Message) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Message}, mixin.Tenant{}, mixin.Created{}, mixin.Versioned{}, mixin.Referred{}}
}

// Fields of a message.
func (Message) Fields() []ent.Field {
	return []ent.Field{
		mixin.Key("channel_id"),
		field.Int("seq").Immutable(),
		mixin.Key("author_id"),
		field.Text("body"),
		mixin.OptionalKey("reply_to_id"),
		field.Strings("mention_ids").Optional(),
		field.Time("edited_at").Optional().Nillable(),
		field.Time("deleted_at").Optional().Nillable(),
	}
}

// Indexes of a message.
func (Message) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "channel_id", "seq").Unique()}
}

// Annotations name the table.
func (Message) Annotations() []schema.Annotation { return mixin.Table("messages") }

// Reaction is one user's emoji on a message.
type Reaction struct{ ent.Schema }

// Mixin gives the reaction an id and a time and binds it to a workspace.
func (Reaction) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Identified{Prefix: id.Reaction}, mixin.Tenant{}, mixin.Created{}}
}

// Fields of a reaction.
func (Reaction) Fields() []ent.Field {
	return []ent.Field{mixin.Key("message_id"), mixin.Key("user_id"), field.String("emoji").MaxLen(64).Immutable()}
}

// Indexes of a reaction.
func (Reaction) Indexes() []ent.Index {
	return []ent.Index{index.Fields("workspace_id", "message_id", "user_id", "emoji").Unique()}
}

// Annotations name the table.
func (Reaction) Annotations() []schema.Annotation { return mixin.Table("reactions") }
