package app

import (
	"context"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/domain/access"
	"karnak/internal/domain/activity"
	"karnak/internal/domain/admin"
	"karnak/internal/domain/assistant"
	"karnak/internal/domain/chat"
	"karnak/internal/domain/identity"
	"karnak/internal/domain/tool"
	"karnak/internal/domain/workspace"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/ratelimit"
)

// rooms are the domains.
type rooms struct {
	identity  *identity.Service
	workspace *workspace.Service
	access    *access.Service
	chat      *chat.Service
	activity  *activity.Service
	admin     *admin.Service
	tool      *tool.Service
	assistant *assistant.Service
}

const retryEvery = time.Second

func always(context.Context) (time.Time, error) { return time.Time{}, nil }

func openRooms(ctx context.Context, e *engines, idle bool) (r *rooms, err error) {
	r = &rooms{}
	if r.chat, err = chat.New(chat.Config{DB: e.db, Log: e.log, Hub: e.hub, Presence: e.presence, Guard: e.guard, Clock: e.clock, Keys: e.keys}); err != nil {
		return nil, err
	}
	if r.access, err = access.New(access.Config{DB: e.db, Log: e.log, Guard: e.guard, Clock: e.clock, Keys: e.keys, Locate: r.locate, Jobs: e.jobs}); err != nil {
		return nil, err
	}
	if err = r.access.Work(e.jobs); err != nil {
		return nil, err
	}
	leaving := []func(context.Context, *eventlog.Tx, string, string) error{r.chat.Cleared, r.access.Cleared}
	if r.workspace, err = workspace.New(workspace.Config{DB: e.db, Log: e.log, Guard: e.guard, Clock: e.clock, Keys: e.keys, OnLeave: leaving}); err != nil {
		return nil, err
	}
	if r.identity, err = openIdentity(ctx, e, r.workspace); err != nil {
		return nil, err
	}
	if r.admin, err = admin.New(admin.Config{Log: e.log, Guard: e.guard, Nodes: e.nodes, Keys: e.keys}); err != nil {
		return nil, err
	}
	if r.tool, err = openTools(e, r.chat, idle); err != nil {
		return nil, err
	}
	if r.assistant, err = openAssistant(e, r.chat, r.tool, idle); err != nil {
		return nil, err
	}
	r.activity, err = activity.New(activity.Config{Log: e.log, Hub: e.hub, Guard: e.guard, Readable: r.chat.Readable, Expect: r.chat.ExpectEvents, Typed: typed})
	return r, err
}

// An address, and an e-mail, may have 20 wrong passwords at once, then one in 6 seconds; an address may sign up 300 times at
// once, then five times a second.
const (
	attempts, attemptsEvery = 20, 6 * time.Second
	signUps, signUpsEvery   = 300, 200 * time.Millisecond
	throttledKeys           = 100_000
)

func openIdentity(ctx context.Context, e *engines, founder identity.Founder) (*identity.Service, error) {
	wrong, err := ratelimit.New(ratelimit.Config{Clock: e.clock, Rate: 1, Per: attemptsEvery, Burst: attempts, MaxKeys: throttledKeys})
	if err != nil {
		return nil, err
	}
	fresh, err := ratelimit.New(ratelimit.Config{Clock: e.clock, Rate: 1, Per: signUpsEvery, Burst: signUps, MaxKeys: throttledKeys})
	if err != nil {
		return nil, err
	}
	return identity.New(ctx, identity.Config{
		DB: e.db, Log: e.log, Guard: e.guard, Clock: e.clock, Keys: e.keys, Founder: founder, Attempts: wrong, SignUps: fresh,
		AccessTTL: e.cfg.AccessTTL, RefreshTTL: e.cfg.RefreshTTL, Issuer: "karnak",
	})
}

func openAssistant(e *engines, c *chat.Service, t *tool.Service, idle bool) (*assistant.Service, error) {
	return assistant.New(assistant.Config{
		DB: e.db, Log: e.log, Tapes: e.tapes, Guard: e.guard, Channels: c, Tools: t, Models: e.models.Catalogue, Clock: e.clock, Keys: e.keys, Logger: e.logger, Idle: idle,
		Say: func(ctx context.Context, tx *eventlog.Tx, in *entgen.Channel, id, body, replyToID string) (*entgen.Message, bool, error) {
			return c.Say(ctx, tx, in, chat.SendMessageInput{ChannelID: in.ID, Body: body, ID: given(id), ReplyToID: given(replyToID)})
		},
	})
}

func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func typed(e *eventlog.Event) activity.ActivityEvent {
	if t := chat.Typed(e); t != nil {
		return t
	}
	if t := assistant.Typed(e); t != nil {
		return t
	}
	if t := tool.Typed(e); t != nil {
		return t
	}
	return nil
}

// locate returns the workspace of an object and the path from the object up to it.
func (r *rooms) locate(ctx context.Context, objectID string) (string, []string, error) {
	switch id.PrefixOf(objectID) {
	case id.Workspace:
		if a := authz.ActorOf(ctx); a.In(objectID) {
			w, err := r.access.Guard.Workspace(ctx, objectID)
			return located(w, err, func(w *entgen.Workspace) []string { return []string{w.ID} })
		}
	case id.Channel:
		c, err := r.chat.ChannelByID(ctx, objectID)
		return located(c, err, func(c *entgen.Channel) []string { return []string{c.ID, c.WorkspaceID} })
	case id.Message:
		m, err := r.chat.MessageByID(ctx, objectID)
		return located(m, err, func(m *entgen.Message) []string { return []string{m.ID, m.ChannelID, m.WorkspaceID} })
	case id.Conversation:
		c, err := r.assistant.ConversationByID(ctx, objectID)
		return located(c, err, func(c *entgen.Conversation) []string { return []string{c.ID, c.ChannelID, c.WorkspaceID} })
	case id.Generation:
		g, err := r.assistant.GenerationByID(ctx, objectID)
		return located(g, err, func(g *entgen.Generation) []string { return []string{g.ID, g.ChannelID, g.WorkspaceID} })
	case id.Tool:
		t, err := r.tool.ToolByID(ctx, objectID)
		return located(t, err, func(t *entgen.Tool) []string { return []string{t.ID, t.WorkspaceID} })
	case id.ToolVersion:
		v, err := r.tool.VersionByID(ctx, objectID)
		return located(v, err, func(v *entgen.ToolVersion) []string { return []string{v.ID, v.ToolID, v.WorkspaceID} })
	case id.Member:
		m, err := r.workspace.MemberByID(ctx, objectID)
		return located(m, err, func(m *entgen.Member) []string { return []string{m.ID, m.WorkspaceID} })
	}
	return "", nil, fault.Absent()
}

// located is NOT_FOUND for nothing; the last id of a path is the workspace's.
func located[T any](x *T, err error, path func(*T) []string) (string, []string, error) {
	if err != nil {
		return "", nil, err
	}
	if x == nil {
		return "", nil, fault.Absent()
	}
	p := path(x)
	return p[len(p)-1], p, nil
}
