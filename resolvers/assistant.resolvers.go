package resolvers

import (
	"context"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/graph/scalar"
	"karnak/internal/domain/assistant"
	"karnak/internal/platform/page"
)

// Title is the resolver for the title field.
func (r *conversationResolver) Title(ctx context.Context, obj *entgen.Conversation) (string, error) {
	return r.assistant.Title(ctx, obj)
}

// Channel is the resolver for the channel field.
func (r *conversationResolver) Channel(ctx context.Context, obj *entgen.Conversation) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

// ActiveLeaf is the resolver for the activeLeaf field.
func (r *conversationResolver) ActiveLeaf(ctx context.Context, obj *entgen.Conversation) (*entgen.Message, error) {
	return r.assistant.Leaf(ctx, obj)
}

// Path is the resolver for the path field.
func (r *conversationResolver) Path(ctx context.Context, obj *entgen.Conversation, first *int, after *string, last *int, before *string) (*page.Connection[*entgen.Message], error) {
	return r.assistant.Path(ctx, obj, page.Args{First: first, After: after, Last: last, Before: before})
}

// Generations is the resolver for the generations field.
func (r *conversationResolver) Generations(ctx context.Context, obj *entgen.Conversation, first *int, after *string) (*page.Connection[*entgen.Generation], error) {
	return r.assistant.Generations(ctx, obj, page.Forward(first, after))
}

// CreatedBy is the resolver for the createdBy field.
func (r *conversationResolver) CreatedBy(ctx context.Context, obj *entgen.Conversation) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.CreatedBy)
}

// Conversation is the resolver for the conversation field.
func (r *generationResolver) Conversation(ctx context.Context, obj *entgen.Generation) (*entgen.Conversation, error) {
	return r.assistant.Conversation(ctx, obj.ConversationID)
}

// Prompt is the resolver for the prompt field.
func (r *generationResolver) Prompt(ctx context.Context, obj *entgen.Generation) (*entgen.Message, error) {
	return r.chat.Message(ctx, obj.PromptID)
}

// Message is the resolver for the message field.
func (r *generationResolver) Message(ctx context.Context, obj *entgen.Generation) (*entgen.Message, error) {
	return r.answer(ctx, obj.MessageID)
}

// Text is the resolver for the text field.
func (r *generationResolver) Text(ctx context.Context, obj *entgen.Generation) (string, error) {
	x, err := r.assistant.Snapshot(ctx, obj)
	if err != nil {
		return "", err
	}
	return x.Text, nil
}

// Reasoning is the resolver for the reasoning field.
func (r *generationResolver) Reasoning(ctx context.Context, obj *entgen.Generation) (string, error) {
	x, err := r.assistant.Snapshot(ctx, obj)
	if err != nil {
		return "", err
	}
	return x.Reasoning, nil
}

// Seq is the resolver for the seq field.
func (r *generationResolver) Seq(ctx context.Context, obj *entgen.Generation) (int64, error) {
	x, err := r.assistant.Snapshot(ctx, obj)
	if err != nil {
		return 0, err
	}
	return x.Seq, nil
}

// Cursor is the resolver for the cursor field.
func (r *generationResolver) Cursor(ctx context.Context, obj *entgen.Generation) (*string, error) {
	x, err := r.assistant.Snapshot(ctx, obj)
	if err != nil {
		return nil, err
	}
	return x.Cursor, nil
}

// Usage is the resolver for the usage field.
func (r *generationResolver) Usage(ctx context.Context, obj *entgen.Generation) (*assistant.TokenUsage, error) {
	return r.assistant.Usage(obj), nil
}

// Error is the resolver for the error field.
func (r *generationResolver) Error(ctx context.Context, obj *entgen.Generation) (*assistant.GenerationError, error) {
	return assistant.Failure(obj), nil
}

// StartedBy is the resolver for the startedBy field.
func (r *generationResolver) StartedBy(ctx context.Context, obj *entgen.Generation) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.StartedBy)
}

// Actor is the resolver for the actor field.
func (r *generationChangedResolver) Actor(ctx context.Context, obj *assistant.GenerationChanged) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Channel is the resolver for the channel field.
func (r *generationChangedResolver) Channel(ctx context.Context, obj *assistant.GenerationChanged) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

// Generation is the resolver for the generation field.
func (r *generationChangedResolver) Generation(ctx context.Context, obj *assistant.GenerationChanged) (*entgen.Generation, error) {
	return r.assistant.Generation(ctx, obj.ObjectID)
}

// Message is the resolver for the message field.
func (r *generationFailedResolver) Message(ctx context.Context, obj *assistant.GenerationFailed) (*entgen.Message, error) {
	return r.answer(ctx, &obj.MessageID)
}

// Message is the resolver for the message field.
func (r *generationFinishedResolver) Message(ctx context.Context, obj *assistant.GenerationFinished) (*entgen.Message, error) {
	return r.answer(ctx, &obj.MessageID)
}

// Message is the resolver for the message field.
func (r *generationStoppedResolver) Message(ctx context.Context, obj *assistant.GenerationStopped) (*entgen.Message, error) {
	return r.answer(ctx, &obj.MessageID)
}

// Generation is the resolver for the generation field.
func (r *messageResolver) Generation(ctx context.Context, obj *entgen.Message) (*entgen.Generation, error) {
	return r.assistant.Of(ctx, obj)
}

// CreateConversation is the resolver for the createConversation field.
func (r *mutationResolver) CreateConversation(ctx context.Context, input assistant.CreateConversationInput) (*assistant.CreateConversationPayload, error) {
	return r.assistant.CreateConversation(ctx, input)
}

// UpdateConversation is the resolver for the updateConversation field.
func (r *mutationResolver) UpdateConversation(ctx context.Context, input assistant.UpdateConversationInput) (*assistant.UpdateConversationPayload, error) {
	return r.assistant.UpdateConversation(ctx, input)
}

// StartGeneration is the resolver for the startGeneration field.
func (r *mutationResolver) StartGeneration(ctx context.Context, input assistant.StartGenerationInput) (*assistant.StartGenerationPayload, error) {
	return r.assistant.StartGeneration(ctx, input)
}

// Regenerate is the resolver for the regenerate field.
func (r *mutationResolver) Regenerate(ctx context.Context, input assistant.RegenerateInput) (*assistant.RegeneratePayload, error) {
	return r.assistant.Regenerate(ctx, input)
}

// EditAndRegenerate is the resolver for the editAndRegenerate field.
func (r *mutationResolver) EditAndRegenerate(ctx context.Context, input assistant.EditAndRegenerateInput) (*assistant.EditAndRegeneratePayload, error) {
	return r.assistant.EditAndRegenerate(ctx, input)
}

// StopGeneration is the resolver for the stopGeneration field.
func (r *mutationResolver) StopGeneration(ctx context.Context, input assistant.StopGenerationInput) (*assistant.StopGenerationPayload, error) {
	return r.assistant.StopGeneration(ctx, input)
}

// SetModelBudget is the resolver for the setModelBudget field.
func (r *mutationResolver) SetModelBudget(ctx context.Context, input assistant.SetModelBudgetInput) (*assistant.SetModelBudgetPayload, error) {
	return r.assistant.SetModelBudget(ctx, input)
}

// ForkConversation is the resolver for the forkConversation field.
func (r *mutationResolver) ForkConversation(ctx context.Context, input assistant.ForkConversationInput) (*assistant.ForkConversationPayload, error) {
	return r.assistant.ForkConversation(ctx, input)
}

// GenerationEvents is the resolver for the generationEvents field.
func (r *subscriptionResolver) GenerationEvents(ctx context.Context, generationID string, after *string) (<-chan assistant.GenerationEvent, error) {
	w, err := r.assistant.WatchGeneration(ctx, generationID, after)
	return follow(ctx, w, err)
}

// Invocation is the resolver for the invocation field.
func (r *toolCallMadeResolver) Invocation(ctx context.Context, obj *assistant.ToolCallMade) (*entgen.ToolInvocation, error) {
	return r.tool.Invocation(ctx, obj.InvocationID)
}

// Invocation is the resolver for the invocation field.
func (r *toolCallResultResolver) Invocation(ctx context.Context, obj *assistant.ToolCallResult) (*entgen.ToolInvocation, error) {
	return r.tool.Invocation(ctx, obj.InvocationID)
}

// LanguageModels is the resolver for the languageModels field.
func (r *workspaceResolver) LanguageModels(ctx context.Context, obj *entgen.Workspace) ([]*assistant.LanguageModel, error) {
	return r.assistant.LanguageModels(ctx, obj.ID)
}

// ModelBudget is the resolver for the modelBudget field.
func (r *workspaceResolver) ModelBudget(ctx context.Context, obj *entgen.Workspace) (*assistant.ModelBudget, error) {
	return r.assistant.Budget(ctx, obj.ID)
}

// Conversations is the resolver for the conversations field.
func (r *workspaceResolver) Conversations(ctx context.Context, obj *entgen.Workspace, first *int, after *string) (*page.Connection[*entgen.Conversation], error) {
	return r.assistant.Conversations(ctx, obj.ID, page.Forward(first, after))
}

// Conversation returns graphgen.ConversationResolver implementation.
func (r *Resolver) Conversation() graphgen.ConversationResolver { return &conversationResolver{r} }

// Generation returns graphgen.GenerationResolver implementation.
func (r *Resolver) Generation() graphgen.GenerationResolver { return &generationResolver{r} }

// GenerationChanged returns graphgen.GenerationChangedResolver implementation.
func (r *Resolver) GenerationChanged() graphgen.GenerationChangedResolver {
	return &generationChangedResolver{r}
}

// GenerationFailed returns graphgen.GenerationFailedResolver implementation.
func (r *Resolver) GenerationFailed() graphgen.GenerationFailedResolver {
	return &generationFailedResolver{r}
}

// GenerationFinished returns graphgen.GenerationFinishedResolver implementation.
func (r *Resolver) GenerationFinished() graphgen.GenerationFinishedResolver {
	return &generationFinishedResolver{r}
}

// GenerationStopped returns graphgen.GenerationStoppedResolver implementation.
func (r *Resolver) GenerationStopped() graphgen.GenerationStoppedResolver {
	return &generationStoppedResolver{r}
}

// ToolCallMade returns graphgen.ToolCallMadeResolver implementation.
func (r *Resolver) ToolCallMade() graphgen.ToolCallMadeResolver { return &toolCallMadeResolver{r} }

// ToolCallResult returns graphgen.ToolCallResultResolver implementation.
func (r *Resolver) ToolCallResult() graphgen.ToolCallResultResolver {
	return &toolCallResultResolver{r}
}

type (
	conversationResolver       struct{ *Resolver }
	generationResolver         struct{ *Resolver }
	generationChangedResolver  struct{ *Resolver }
	generationFailedResolver   struct{ *Resolver }
	generationFinishedResolver struct{ *Resolver }
	generationStoppedResolver  struct{ *Resolver }
	toolCallMadeResolver       struct{ *Resolver }
	toolCallResultResolver     struct{ *Resolver }
)
