package resolvers

import (
	"context"
	"karnak/graph/graphgen"
	"karnak/graph/model"
	"karnak/graph/scalar"
)

// Node is the resolver for the node field.
func (r *queryResolver) Node(ctx context.Context, id string) (scalar.Object, error) {
	return r.node(ctx, id)
}

// Nodes is the resolver for the nodes field.
func (r *queryResolver) Nodes(ctx context.Context, ids []string) ([]scalar.Object, error) {
	return r.nodes(ctx, ids)
}

// ServerInfo is the resolver for the serverInfo field.
func (r *queryResolver) ServerInfo(ctx context.Context) (*model.ServerInfo, error) {
	return r.info(), nil
}

// Mutation returns graphgen.MutationResolver implementation.
func (r *Resolver) Mutation() graphgen.MutationResolver { return &mutationResolver{r} }

// Query returns graphgen.QueryResolver implementation.
func (r *Resolver) Query() graphgen.QueryResolver { return &queryResolver{r} }

// Subscription returns graphgen.SubscriptionResolver implementation.
func (r *Resolver) Subscription() graphgen.SubscriptionResolver { return &subscriptionResolver{r} }

type (
	mutationResolver     struct{ *Resolver }
	queryResolver        struct{ *Resolver }
	subscriptionResolver struct{ *Resolver }
)
