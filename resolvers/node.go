package resolvers

import (
	"context"
	"sync"

	"karnak/authz"
	"karnak/graph/scalar"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

// mostNodes bounds nodes(ids).
const mostNodes = 100

// node returns the object of an id, whatever its type; nil for one that is not there or not to be seen.
func (r *Resolver) node(ctx context.Context, objectID string) (scalar.Object, error) {
	if authz.ActorOf(ctx) == nil {
		return nil, nil
	}
	switch id.PrefixOf(objectID) {
	case id.User:
		return object(r.guard.User(ctx, objectID))
	case id.Session:
		return object(r.identity.SessionByID(ctx, objectID))
	case id.Workspace:
		return object(r.guard.Workspace(ctx, objectID))
	case id.Member:
		return object(r.workspace.MemberByID(ctx, objectID))
	case id.Invitation:
		return object(r.workspace.InvitationByID(ctx, objectID))
	case id.Grant:
		return object(r.access.GrantByID(ctx, objectID))
	case id.Channel:
		return object(r.chat.ChannelByID(ctx, objectID))
	case id.ChannelMember:
		return object(r.chat.MemberByID(ctx, objectID))
	case id.Message:
		return object(r.chat.MessageByID(ctx, objectID))
	case id.Conversation:
		return object(r.assistant.ConversationByID(ctx, objectID))
	case id.Generation:
		return object(r.assistant.GenerationByID(ctx, objectID))
	case id.Tool:
		return object(r.tool.ToolByID(ctx, objectID))
	case id.ToolVersion:
		return object(r.tool.VersionByID(ctx, objectID))
	case id.ToolInvocation:
		return object(r.tool.InvocationByID(ctx, objectID))
	}
	return nil, nil
}

// object makes an untyped nil of a typed one.
func object[T any](x *T, err error) (scalar.Object, error) {
	if x == nil || err != nil {
		return nil, err
	}
	return x, nil
}

// expect tells package batch what the ids are of.
func (r *Resolver) expect(ctx context.Context, ids []string) {
	of := map[id.Prefix][]string{}
	for _, x := range ids {
		of[id.PrefixOf(x)] = append(of[id.PrefixOf(x)], x)
	}
	r.guard.ExpectUsers(ctx, of[id.User])
	r.guard.ExpectWorkspaces(ctx, of[id.Workspace])
	r.chat.Expect(ctx, of[id.Channel], of[id.Message])
}

// nodes returns the objects of several ids in their order.
func (r *Resolver) nodes(ctx context.Context, ids []string) ([]scalar.Object, error) {
	if len(ids) > mostNodes {
		return nil, fault.New(fault.BadUserInput, "Ask for at most %d nodes at once.", mostNodes)
	}
	r.expect(ctx, ids)
	out, errs := make([]scalar.Object, len(ids)), make([]error, len(ids))
	var all sync.WaitGroup
	for i, x := range ids {
		all.Go(func() { out[i], errs[i] = r.node(ctx, x) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
