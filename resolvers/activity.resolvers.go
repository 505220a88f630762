package resolvers

import (
	"context"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/graph/scalar"
	"karnak/internal/domain/activity"
	"karnak/internal/platform/page"
)

// Actor is the resolver for the actor field.
func (r *streamGapResolver) Actor(ctx context.Context, obj *activity.StreamGap) (scalar.Object, error) {
	return nil, nil
}

// Activity is the resolver for the activity field.
func (r *subscriptionResolver) Activity(ctx context.Context, workspaceID string, after *string, filter *activity.Filter) (<-chan activity.ActivityEvent, error) {
	if one := only[activity.ActivityEvent](ctx); one != nil {
		return one, nil
	}
	reader, err := r.activity.Watch(ctx, workspaceID, after, filter)
	return follow(ctx, events[activity.ActivityEvent]{reader, r.activity.Next}, err)
}

// Activity is the resolver for the activity field.
func (r *workspaceResolver) Activity(ctx context.Context, obj *entgen.Workspace, first *int, after *string, filter *activity.Filter) (*page.Connection[activity.ActivityEvent], error) {
	return r.activity.Activity(ctx, obj.ID, first, after, filter)
}

// Actor is the resolver for the actor field.
func (r *workspaceEventResolver) Actor(ctx context.Context, obj *activity.WorkspaceEvent) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

// Workspace is the resolver for the workspace field.
func (r *workspaceEventResolver) Workspace(ctx context.Context, obj *activity.WorkspaceEvent) (*entgen.Workspace, error) {
	return r.guard.Workspace(ctx, obj.WorkspaceID)
}

// User is the resolver for the user field.
func (r *workspaceEventResolver) User(ctx context.Context, obj *activity.WorkspaceEvent) (*entgen.User, error) {
	return r.guard.Person(ctx, obj.SubjectID)
}

// StreamGap returns graphgen.StreamGapResolver implementation.
func (r *Resolver) StreamGap() graphgen.StreamGapResolver { return &streamGapResolver{r} }

// WorkspaceEvent returns graphgen.WorkspaceEventResolver implementation.
func (r *Resolver) WorkspaceEvent() graphgen.WorkspaceEventResolver {
	return &workspaceEventResolver{r}
}

type (
	streamGapResolver      struct{ *Resolver }
	workspaceEventResolver struct{ *Resolver }
)
