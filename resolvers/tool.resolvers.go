package resolvers

import (
	"context"
	"encoding/json"
	"karnak/ent/entgen"
	"karnak/ent/enum"
	"karnak/graph/graphgen"
	"karnak/graph/scalar"
	"karnak/internal/domain/tool"
	"karnak/internal/platform/page"
	"time"
)

// ToolCalls is the resolver for the toolCalls field.
func (r *generationResolver) ToolCalls(ctx context.Context, obj *entgen.Generation) ([]*entgen.ToolInvocation, error) {
	return r.tool.Calls(ctx, obj.ID)
}

// RegisterToolVersion is the resolver for the registerToolVersion field.
func (r *mutationResolver) RegisterToolVersion(ctx context.Context, input tool.RegisterToolVersionInput) (*tool.RegisterToolVersionPayload, error) {
	return r.tool.RegisterToolVersion(ctx, input)
}

// ApproveToolChange is the resolver for the approveToolChange field.
func (r *mutationResolver) ApproveToolChange(ctx context.Context, input tool.ApproveToolChangeInput) (*tool.ApproveToolChangePayload, error) {
	return r.tool.ApproveToolChange(ctx, input)
}

// DeprecateToolVersion is the resolver for the deprecateToolVersion field.
func (r *mutationResolver) DeprecateToolVersion(ctx context.Context, input tool.DeprecateToolVersionInput) (*tool.DeprecateToolVersionPayload, error) {
	return r.tool.DeprecateToolVersion(ctx, input)
}

// RollBackTool is the resolver for the rollBackTool field.
func (r *mutationResolver) RollBackTool(ctx context.Context, input tool.RollBackToolInput) (*tool.RollBackToolPayload, error) {
	return r.tool.RollBackTool(ctx, input)
}

// InvokeTool is the resolver for the invokeTool field.
func (r *mutationResolver) InvokeTool(ctx context.Context, input tool.InvokeToolInput) (*tool.InvokeToolPayload, error) {
	return r.tool.InvokeTool(ctx, input)
}

// ApproveToolCall is the resolver for the approveToolCall field.
func (r *mutationResolver) ApproveToolCall(ctx context.Context, input tool.ApproveToolCallInput) (*tool.ApproveToolCallPayload, error) {
	return r.tool.ApproveToolCall(ctx, input)
}

// StopToolInvocation is the resolver for the stopToolInvocation field.
func (r *mutationResolver) StopToolInvocation(ctx context.Context, input tool.StopToolInvocationInput) (*tool.StopToolInvocationPayload, error) {
	return r.tool.StopToolInvocation(ctx, input)
}

// ToolInvocationEvents is the resolver for the toolInvocationEvents field.
func (r *subscriptionResolver) ToolInvocationEvents(ctx context.Context, toolInvocationID string, after *string) (<-chan tool.ToolInvocationEvent, error) {
	w, err := r.tool.WatchInvocation(ctx, toolInvocationID, after)
	return follow(ctx, w, err)
}

// Current is the resolver for the current field.
func (r *toolResolver) Current(ctx context.Context, obj *entgen.Tool) (*entgen.ToolVersion, error) {
	return r.tool.Version(ctx, obj.CurrentID)
}

// Versions is the resolver for the versions field.
func (r *toolResolver) Versions(ctx context.Context, obj *entgen.Tool, first *int, after *string) (*page.Connection[*entgen.ToolVersion], error) {
	return r.tool.Versions(ctx, obj, page.Forward(first, after))
}

// CreatedBy is the resolver for the createdBy field.
func (r *toolResolver) CreatedBy(ctx context.Context, obj *entgen.Tool) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.CreatedBy)
}

// ToolVersion is the resolver for the toolVersion field.
func (r *toolInvocationResolver) ToolVersion(ctx context.Context, obj *entgen.ToolInvocation) (*entgen.ToolVersion, error) {
	return r.tool.PinnedVersion(ctx, obj)
}

// Arguments is the resolver for the arguments field.
func (r *toolInvocationResolver) Arguments(ctx context.Context, obj *entgen.ToolInvocation) (json.RawMessage, error) {
	return tool.Arguments(obj), nil
}

// Asking is the resolver for the asking field.
func (r *toolInvocationResolver) Asking(ctx context.Context, obj *entgen.ToolInvocation) (*enum.Asking, error) {
	return tool.Asking(obj), nil
}

// DecidedBy is the resolver for the decidedBy field.
func (r *toolInvocationResolver) DecidedBy(ctx context.Context, obj *entgen.ToolInvocation) (*entgen.User, error) {
	return r.person(ctx, obj.DecidedBy)
}

// Output is the resolver for the output field.
func (r *toolInvocationResolver) Output(ctx context.Context, obj *entgen.ToolInvocation) (json.RawMessage, error) {
	return tool.Output(obj), nil
}

// Error is the resolver for the error field.
func (r *toolInvocationResolver) Error(ctx context.Context, obj *entgen.ToolInvocation) (*tool.ToolError, error) {
	return tool.ErrorOf(obj), nil
}

// Usage is the resolver for the usage field.
func (r *toolInvocationResolver) Usage(ctx context.Context, obj *entgen.ToolInvocation) (*tool.ToolUsage, error) {
	return tool.UsageOf(obj), nil
}

// Generation is the resolver for the generation field.
func (r *toolInvocationResolver) Generation(ctx context.Context, obj *entgen.ToolInvocation) (*entgen.Generation, error) {
	if obj.GenerationID == nil {
		return nil, nil
	}
	return r.assistant.Generation(ctx, *obj.GenerationID)
}

// StartedBy is the resolver for the startedBy field.
func (r *toolInvocationResolver) StartedBy(ctx context.Context, obj *entgen.ToolInvocation) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.StartedBy)
}

// Actor is the resolver for the actor field.
func (r *toolInvocationChangedResolver) Actor(ctx context.Context, obj *tool.ToolInvocationChanged) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Channel is the resolver for the channel field.
func (r *toolInvocationChangedResolver) Channel(ctx context.Context, obj *tool.ToolInvocationChanged) (*entgen.Channel, error) {
	return r.chat.Channel(ctx, obj.ChannelID)
}

// Invocation is the resolver for the invocation field.
func (r *toolInvocationChangedResolver) Invocation(ctx context.Context, obj *tool.ToolInvocationChanged) (*entgen.ToolInvocation, error) {
	return r.tool.Invocation(ctx, obj.ObjectID)
}

// Invocation is the resolver for the invocation field.
func (r *toolInvocationEndedResolver) Invocation(ctx context.Context, obj *tool.ToolInvocationEnded) (*entgen.ToolInvocation, error) {
	return r.tool.Invocation(ctx, obj.InvocationID)
}

// Tool is the resolver for the tool field.
func (r *toolVersionResolver) Tool(ctx context.Context, obj *entgen.ToolVersion) (*entgen.Tool, error) {
	return r.tool.Tool(ctx, obj.ToolID)
}

// InputSchema is the resolver for the inputSchema field.
func (r *toolVersionResolver) InputSchema(ctx context.Context, obj *entgen.ToolVersion) (json.RawMessage, error) {
	return tool.InputSchema(obj), nil
}

// OutputSchema is the resolver for the outputSchema field.
func (r *toolVersionResolver) OutputSchema(ctx context.Context, obj *entgen.ToolVersion) (json.RawMessage, error) {
	return tool.OutputSchema(obj), nil
}

// Timeout is the resolver for the timeout field.
func (r *toolVersionResolver) Timeout(ctx context.Context, obj *entgen.ToolVersion) (time.Duration, error) {
	return tool.Timeout(obj), nil
}

// CreatedBy is the resolver for the createdBy field.
func (r *toolVersionResolver) CreatedBy(ctx context.Context, obj *entgen.ToolVersion) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.CreatedBy)
}

// DecidedBy is the resolver for the decidedBy field.
func (r *toolVersionResolver) DecidedBy(ctx context.Context, obj *entgen.ToolVersion) (*entgen.User, error) {
	return r.person(ctx, obj.DecidedBy)
}

// Tools is the resolver for the tools field.
func (r *workspaceResolver) Tools(ctx context.Context, obj *entgen.Workspace, first *int, after *string) (*page.Connection[*entgen.Tool], error) {
	return r.tool.Tools(ctx, obj.ID, page.Forward(first, after))
}

// BuiltInTools is the resolver for the builtInTools field.
func (r *workspaceResolver) BuiltInTools(ctx context.Context, obj *entgen.Workspace) ([]*tool.BuiltInTool, error) {
	return r.tool.BuiltInTools(ctx, obj.ID)
}

// ToolInvocations is the resolver for the toolInvocations field.
func (r *workspaceResolver) ToolInvocations(ctx context.Context, obj *entgen.Workspace, first *int, after *string, state *enum.InvocationState) (*page.Connection[*entgen.ToolInvocation], error) {
	return r.tool.Invocations(ctx, obj.ID, page.Forward(first, after), state)
}

// Tool returns graphgen.ToolResolver implementation.
func (r *Resolver) Tool() graphgen.ToolResolver { return &toolResolver{r} }

// ToolInvocation returns graphgen.ToolInvocationResolver implementation.
func (r *Resolver) ToolInvocation() graphgen.ToolInvocationResolver {
	return &toolInvocationResolver{r}
}

// ToolInvocationChanged returns graphgen.ToolInvocationChangedResolver implementation.
func (r *Resolver) ToolInvocationChanged() graphgen.ToolInvocationChangedResolver {
	return &toolInvocationChangedResolver{r}
}

// ToolInvocationEnded returns graphgen.ToolInvocationEndedResolver implementation.
func (r *Resolver) ToolInvocationEnded() graphgen.ToolInvocationEndedResolver {
	return &toolInvocationEndedResolver{r}
}

// ToolVersion returns graphgen.ToolVersionResolver implementation.
func (r *Resolver) ToolVersion() graphgen.ToolVersionResolver { return &toolVersionResolver{r} }

type (
	toolResolver                  struct{ *Resolver }
	toolInvocationResolver        struct{ *Resolver }
	toolInvocationChangedResolver struct{ *Resolver }
	toolInvocationEndedResolver   struct{ *Resolver }
	toolVersionResolver           struct{ *Resolver }
)
