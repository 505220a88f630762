package resolvers

import (
	"context"
	"karnak/graph/graphgen"
	"karnak/graph/model"
	"karnak/graph/scalar"
)

func (r *queryResolver) Node(ctx context.Context, id string) (scalar.Object, error) {
	return r.node(ctx, id)
}

func (r *queryResolver) Nodes(ctx context.Context, ids []string) ([]scalar.Object, error) {
	return r.nodes(ctx, ids)
}

func (r *queryResolver) ServerInfo(ctx context.Context) (*model.ServerInfo, error) {
	return r.info(), nil
}

func (r *Resolver) Mutation() graphgen.MutationResolver { return &mutationResolver{r} }

func (r *Resolver) Query() graphgen.QueryResolver { return &queryResolver{r} }

func (r *Resolver) Subscription() graphgen.SubscriptionResolver { return &subscriptionResolver{r} }

type (
	mutationResolver     struct{ *Resolver }
	queryResolver        struct{ *Resolver }
	subscriptionResolver struct{ *Resolver }
)
