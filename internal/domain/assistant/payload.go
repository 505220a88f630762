package assistant

import (
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/page"
)

// Connections of this room.
type (
	ConversationConnection = page.Connection[*entgen.Conversation]
	ConversationEdge       = page.Edge[*entgen.Conversation]
	GenerationConnection   = page.Connection[*entgen.Generation]
	GenerationEdge         = page.Edge[*entgen.Generation]
)

// ConversationPayload is the result of a mutation that answers with a conversation.
type ConversationPayload struct {
	eventlog.Receipt
	Conversation *entgen.Conversation
}

// The results that answer with a conversation.
type (
	CreateConversationPayload struct{ ConversationPayload }
	UpdateConversationPayload struct{ ConversationPayload }
	ForkConversationPayload   struct{ ConversationPayload }
)

// SetModelBudgetPayload is the result of setModelBudget.
type SetModelBudgetPayload struct {
	eventlog.Receipt
	Budget *ModelBudget
}

// GenerationPayload is the result of a mutation that answers with a generation.
type GenerationPayload struct {
	eventlog.Receipt
	Generation *entgen.Generation
}

// The results that answer with a generation.
type (
	RegeneratePayload     struct{ GenerationPayload }
	StopGenerationPayload struct{ GenerationPayload }
)

// AskedPayload is the result of a mutation that posts a message to be answered.
type AskedPayload struct {
	GenerationPayload
	Message *entgen.Message
}

// The results that answer with a message and the generation of its answer.
type (
	StartGenerationPayload   struct{ AskedPayload }
	EditAndRegeneratePayload struct{ AskedPayload }
)
