package assistant

import (
	"context"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/pinned"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/llm"
)

// Channels is what the room asks of the one that channels and messages belong to.
type Channels interface {
	// Reach returns a channel that the caller may know of and holds p in; NOT_FOUND or FORBIDDEN else.
	Reach(ctx context.Context, channelID string, p authz.Permission) (*entgen.Channel, error)
	// StillReads checks an open stream against what is committed, and says until when that holds.
	StillReads(ctx context.Context, c *entgen.Channel, p authz.Permission) (time.Time, error)
	// Belong checks that the caller is a member of a workspace.
	Belong(ctx context.Context, workspaceID string) error
	OpenOwn(ctx context.Context, tx *eventlog.Tx, workspaceID, title string) (*entgen.Channel, error)
	Retitle(ctx context.Context, tx *eventlog.Tx, c *entgen.Channel, title string) error
	// Channel and Message return objects that were let through before; look-ups of one answer share a query.
	Channel(ctx context.Context, channelID string) (*entgen.Channel, error)
	Message(ctx context.Context, messageID string) (*entgen.Message, error)
	// Expect tells which channels and messages the fields of this answer will probably ask for.
	Expect(ctx context.Context, channelIDs, messageIDs []string)
}

// Tools is what the room asks of the one that tools and their runs belong to.
type Tools interface {
	// Check checks that a model may be given tools in the caller's name: FORBIDDEN, or a user error of the field tools, where not.
	Check(ctx context.Context, workspaceID string, names []string) error
	// Pin returns tools as they are now, without those that are not to be run.
	Pin(ctx context.Context, workspaceID string, names []string) ([]pinned.Tool, error)
	// Offer returns what a model is told of tools.
	Offer(ctx context.Context, pins []pinned.Tool) ([]llm.Tool, error)
	// Invoke writes down what a model wants tools to do. The answer's tape is woken whenever a run ends.
	Invoke(ctx context.Context, tx *eventlog.Tx, g *entgen.Generation, calls []llm.Call) ([]*entgen.ToolInvocation, error)
	// Runs returns the runs for an answer, in their order.
	Runs(ctx context.Context, c *entgen.Client, g *entgen.Generation) ([]*entgen.ToolInvocation, error)
	// Result is what a model is told of a run that has ended.
	Result(x *entgen.ToolInvocation) llm.Result
	// Stop stops the runs for an answer.
	Stop(ctx context.Context, tx *eventlog.Tx, g *entgen.Generation) error
}

// Say posts a message by the actor of ctx in a transaction of the room's; an empty id is made. fresh says that it was not there
// before.
type Say func(ctx context.Context, tx *eventlog.Tx, c *entgen.Channel, id, body, replyToID string) (m *entgen.Message, fresh bool, err error)
