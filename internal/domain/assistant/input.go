package assistant

import (
	"strings"

	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

const (
	longestTitle        = 80
	longestInstructions = 8_000
	longestBody         = 16_384
)

// CreateConversationInput is the input of createConversation.
type CreateConversationInput struct {
	ClientMutationID *string
	WorkspaceID      string
	ID               *string
	Title            *string
	Model            *string
	Instructions     string
	Tools            []string
}

func (in *CreateConversationInput) validate() error {
	var i fault.Issues
	clientID(&i, "id", id.Conversation, in.ID)
	title(&i, in.Title, 0)
	i.Text("instructions", in.Instructions, 0, longestInstructions, true)
	return i.Err()
}

func clientID(i *fault.Issues, field string, p id.Prefix, s *string) {
	if s != nil && !id.Valid(p, *s) {
		i.Add(fault.Invalid, field, "This is not an id of this type: %s_ and 26 characters.", p)
	}
}

func title(i *fault.Issues, s *string, least int) {
	if s != nil {
		*s = strings.TrimSpace(*s)
		i.Text("title", *s, least, longestTitle, false)
	}
}

// UpdateConversationInput is the input of updateConversation.
type UpdateConversationInput struct {
	ClientMutationID *string
	ConversationID   string
	Title            *string
	Model            *string
	Instructions     *string
	Tools            []string
	ActiveLeafID     *string
	ExpectedVersion  *int
}

func (in *UpdateConversationInput) validate() error {
	var i fault.Issues
	title(&i, in.Title, 1)
	if in.Instructions != nil {
		i.Text("instructions", *in.Instructions, 0, longestInstructions, true)
	}
	return i.Err()
}

// StartGenerationInput is the input of startGeneration.
type StartGenerationInput struct {
	ClientMutationID *string
	ConversationID   string
	Body             string
	ParentID         *string
	MessageID        *string
	Model            *string
	MaxTokens        *int
}

func (in *StartGenerationInput) validate() error {
	var i fault.Issues
	clientID(&i, "messageId", id.Message, in.MessageID)
	i.Text("body", in.Body, 1, longestBody, true)
	bounded(&i, in.MaxTokens)
	return i.Err()
}

func bounded(i *fault.Issues, maxTokens *int) {
	if maxTokens != nil && *maxTokens < 1 {
		i.Add(fault.Invalid, "maxTokens", "An answer has at least one token.")
	}
}

// RegenerateInput is the input of regenerate.
type RegenerateInput struct {
	ClientMutationID *string
	MessageID        string
	Model            *string
	MaxTokens        *int
}

func (in *RegenerateInput) validate() error {
	var i fault.Issues
	bounded(&i, in.MaxTokens)
	return i.Err()
}

// EditAndRegenerateInput is the input of editAndRegenerate.
type EditAndRegenerateInput struct {
	ClientMutationID *string
	MessageID        string
	Body             string
	Model            *string
	MaxTokens        *int
}

func (in *EditAndRegenerateInput) validate() error {
	var i fault.Issues
	i.Text("body", in.Body, 1, longestBody, true)
	bounded(&i, in.MaxTokens)
	return i.Err()
}

// StopGenerationInput is the input of stopGeneration.
type StopGenerationInput struct {
	ClientMutationID *string
	GenerationID     string
}

// SetModelBudgetInput is the input of setModelBudget.
type SetModelBudgetInput struct {
	ClientMutationID *string
	WorkspaceID      string
	MonthlyLimit     *string
}

// limit reads the amount; nil for none.
func (in *SetModelBudgetInput) limit() (*int64, error) {
	if in.MonthlyLimit == nil {
		return nil, nil
	}
	n, ok := micros(*in.MonthlyLimit)
	if !ok {
		return nil, fault.User(fault.Invalid, "monthlyLimit", "An amount is written like 25 or 19.90, with at most six digits behind the point, and is below a thousand million.")
	}
	return &n, nil
}

// ForkConversationInput is the input of forkConversation.
type ForkConversationInput struct {
	ClientMutationID *string
	MessageID        string
	Title            *string
}

func (in *ForkConversationInput) validate() error {
	var i fault.Issues
	title(&i, in.Title, 1)
	return i.Err()
}
