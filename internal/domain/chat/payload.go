package chat

import (
	"time"

	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/page"
)

// Connections of this room.
type (
	ChannelConnection       = page.Connection[*entgen.Channel]
	ChannelEdge             = page.Edge[*entgen.Channel]
	ChannelMemberConnection = page.Connection[*entgen.ChannelMember]
	ChannelMemberEdge       = page.Edge[*entgen.ChannelMember]
	MessageConnection       = page.Connection[*entgen.Message]
	MessageEdge             = page.Edge[*entgen.Message]
)

// ReactionGroup is one emoji's reactions to a message.
type ReactionGroup struct {
	Emoji         string
	Count         int
	ViewerReacted bool
}

// ChannelPayload is the result of a mutation that answers with a channel.
type ChannelPayload struct {
	eventlog.Receipt
	Channel *entgen.Channel
}

// The results that answer with a channel.
type (
	CreateChannelPayload     struct{ ChannelPayload }
	OpenDirectChannelPayload struct{ ChannelPayload }
	UpdateChannelPayload     struct{ ChannelPayload }
	JoinChannelPayload       struct{ ChannelPayload }
	MarkReadPayload          struct{ ChannelPayload }
)

// LeaveChannelPayload is the result of leaveChannel.
type LeaveChannelPayload struct {
	eventlog.Receipt
	ChannelID *string
}

// AddChannelMemberPayload is the result of addChannelMember.
type AddChannelMemberPayload struct {
	eventlog.Receipt
	Member *entgen.ChannelMember
}

// RemoveChannelMemberPayload is the result of removeChannelMember.
type RemoveChannelMemberPayload struct {
	eventlog.Receipt
	UserID *string
}

// SetTypingPayload is the result of setTyping.
type SetTypingPayload struct {
	eventlog.Receipt
	ExpiresAt *time.Time
}

// MessagePayload is the result of a mutation that answers with a message.
type MessagePayload struct {
	eventlog.Receipt
	Message *entgen.Message
}

// The results that answer with a message.
type (
	SendMessagePayload    struct{ MessagePayload }
	EditMessagePayload    struct{ MessagePayload }
	DeleteMessagePayload  struct{ MessagePayload }
	AddReactionPayload    struct{ MessagePayload }
	RemoveReactionPayload struct{ MessagePayload }
)
