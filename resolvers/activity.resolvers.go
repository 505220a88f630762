package resolvers

import (
	"context"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/graph/scalar"
	"karnak/internal/domain/activity"
	"karnak/internal/platform/page"
)

func (r *streamGapResolver) Actor(ctx context.Context, obj *activity.StreamGap) (scalar.Object, error) {
	return nil, nil
}

func (r *subscriptionResolver) Activity(ctx context.Context, workspaceID string, after *string, filter *activity.Filter) (<-chan activity.ActivityEvent, error) {
	reader, err := r.activity.Watch(ctx, workspaceID, after, filter)
	return follow(ctx, reader, err, r.activity.Next)
}

func (r *workspaceResolver) Activity(ctx context.Context, obj *entgen.Workspace, first *int, after *string, filter *activity.Filter) (*page.Connection[activity.ActivityEvent], error) {
	return r.activity.Activity(ctx, obj.ID, first, after, filter)
}

func (r *workspaceEventResolver) Actor(ctx context.Context, obj *activity.WorkspaceEvent) (scalar.Object, error) {
	return r.actor(ctx, obj.ActorID)
}

func (r *workspaceEventResolver) Workspace(ctx context.Context, obj *activity.WorkspaceEvent) (*entgen.Workspace, error) {
	return r.guard.Workspace(ctx, obj.WorkspaceID)
}

func (r *workspaceEventResolver) User(ctx context.Context, obj *activity.WorkspaceEvent) (*entgen.User, error) {
	return r.guard.User(ctx, obj.SubjectID)
}

func (r *Resolver) StreamGap() graphgen.StreamGapResolver { return &streamGapResolver{r} }

func (r *Resolver) WorkspaceEvent() graphgen.WorkspaceEventResolver {
	return &workspaceEventResolver{r}
}

type (
	streamGapResolver      struct{ *Resolver }
	workspaceEventResolver struct{ *Resolver }
)
