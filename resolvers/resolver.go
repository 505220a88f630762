// Package resolvers answers the fields of the contract: each makes one call of a service and returns. Rules, permissions and
// errors are the services'.
package resolvers

import (
	"context"

	"karnak/ent/entgen"
	"karnak/graph/model"
	"karnak/graph/scalar"
	"karnak/internal/core/guard"
	"karnak/internal/domain/access"
	"karnak/internal/domain/activity"
	"karnak/internal/domain/admin"
	"karnak/internal/domain/assistant"
	"karnak/internal/domain/chat"
	"karnak/internal/domain/identity"
	"karnak/internal/domain/tool"
	"karnak/internal/domain/workspace"
)

// Config is what the resolvers call.
type Config struct {
	Guard     *guard.Guard
	Identity  *identity.Service
	Workspace *workspace.Service
	Access    *access.Service
	Chat      *chat.Service
	Activity  *activity.Service
	Admin     *admin.Service
	Assistant *assistant.Service
	Tool      *tool.Service
	// Info tells what the server is and stands on.
	Info func() *model.ServerInfo
}

// Resolver answers the contract.
type Resolver struct {
	guard     *guard.Guard
	identity  *identity.Service
	workspace *workspace.Service
	access    *access.Service
	chat      *chat.Service
	activity  *activity.Service
	admin     *admin.Service
	assistant *assistant.Service
	tool      *tool.Service
	info      func() *model.ServerInfo
}

// New returns the resolvers.
func New(c Config) *Resolver {
	return &Resolver{c.Guard, c.Identity, c.Workspace, c.Access, c.Chat, c.Activity, c.Admin, c.Assistant, c.Tool, c.Info}
}

// actor returns who did something; nil for the system.
func (r *Resolver) actor(ctx context.Context, userID string) (scalar.Object, error) {
	if userID == "" {
		return nil, nil
	}
	u, err := r.guard.Person(ctx, userID)
	if u == nil {
		return nil, err
	}
	return u, err
}

// person returns who did something; nil for nobody.
func (r *Resolver) person(ctx context.Context, userID *string) (*entgen.User, error) {
	if userID == nil {
		return nil, nil
	}
	return r.guard.Person(ctx, *userID)
}

// answer returns a message that a model wrote; nil for none.
func (r *Resolver) answer(ctx context.Context, messageID *string) (*entgen.Message, error) {
	if messageID == nil || *messageID == "" {
		return nil, nil
	}
	return r.chat.Message(ctx, *messageID)
}
