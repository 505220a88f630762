package tool

import (
	"context"
	"slices"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/tool"
	"karnak/ent/entgen/toolinvocation"
	"karnak/ent/enum"
	"karnak/ent/pinned"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/llm"
	"karnak/internal/platform/fault"
)

// What follows is for the room of language models. Who asks there has been looked at by that room, but for what is said.

// mostOffered bounds the tools that a model may call.
const mostOffered = 20

// Check checks that a model may be given tools of these names in the caller's name. Needs tool:invoke where there are any. Unknown
// ones are the user error NOT_FOUND of the field tools.
func (s *Service) Check(ctx context.Context, workspaceID string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	if err := s.Guard.Require(ctx, workspaceID, authz.ToolInvoke, workspaceID); err != nil {
		return err
	}
	if len(names) > mostOffered {
		return fault.User(fault.TooLong, "tools", "A model is given at most %d tools.", mostOffered)
	}
	known, err := s.DB.Client().Tool.Query().Where(tool.WorkspaceID(workspaceID), tool.NameIn(names...)).Select(tool.FieldName).Strings(ctx)
	if err != nil {
		return err
	}
	for i, n := range names {
		if s.find(n) == nil && !slices.Contains(known, n) {
			return fault.User(fault.Missing, "tools", "There is no tool %q: see tools and builtInTools of the workspace.", n)
		}
		if slices.Contains(names[:i], n) {
			return fault.User(fault.Invalid, "tools", "%q is named twice.", n)
		}
	}
	return nil
}

// Pin returns the tools of these names as they are now. Those that are not to be run now, or not by the caller, are left out.
func (s *Service) Pin(ctx context.Context, workspaceID string, names []string) (out []pinned.Tool, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	if ok, err := s.Guard.Allows(ctx, workspaceID, authz.ToolInvoke, workspaceID); !ok || err != nil {
		return nil, err
	}
	for _, n := range names {
		v, err := s.chosen(ctx, workspaceID, n, nil)
		if fault.IsUser(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, v.pin)
	}
	return out, nil
}

// Offer returns what a model is told of tools that were pinned.
func (s *Service) Offer(ctx context.Context, pins []pinned.Tool) (out []llm.Tool, err error) {
	for _, p := range pins {
		v, err := s.pinnedTo(ctx, p)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out = append(out, llm.Tool{Name: v.Name, Description: v.Description, Input: v.Input})
		}
	}
	return out, nil
}

// Invoke writes down what a model wants tools to do, in the name of who started the answer, in the transaction in which the answer
// begins to wait for it.
func (s *Service) Invoke(ctx context.Context, tx *eventlog.Tx, g *entgen.Generation, calls []llm.Call) ([]*entgen.ToolInvocation, error) {
	ctx = authz.WithActor(ctx, authz.NewActor(g.StartedBy, "", false, []string{g.WorkspaceID}))
	out := make([]*entgen.ToolInvocation, len(calls))
	for i, c := range calls {
		v, err := s.offered(ctx, g, c.Name)
		if err != nil {
			return nil, err
		}
		if c.Arguments == "" {
			c.Arguments = "{}"
		}
		out[i], err = s.call(ctx, tx, call{
			workspaceID: g.WorkspaceID, version: v, arguments: c.Arguments, generationID: g.ID, channelID: g.ChannelID, name: c.ID,
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// offered returns the tool that a model was given under a name; one that it was not given has a name alone.
func (s *Service) offered(ctx context.Context, g *entgen.Generation, name string) (*version, error) {
	i := slices.IndexFunc(g.Tools, func(p pinned.Tool) bool { return p.Name == name })
	if i >= 0 {
		if v, err := s.pinnedTo(ctx, g.Tools[i]); v != nil || err != nil {
			return v, err
		}
	}
	return &version{pin: pinned.Tool{Name: name}}, nil
}

// Runs returns the runs for an answer, in their order, as they are in a transaction or outside of any.
func (s *Service) Runs(ctx context.Context, c *entgen.Client, g *entgen.Generation) ([]*entgen.ToolInvocation, error) {
	return c.ToolInvocation.Query().Where(toolinvocation.WorkspaceID(g.WorkspaceID), toolinvocation.GenerationID(g.ID)).
		Order(entgen.Asc(toolinvocation.FieldID)).All(ctx)
}

// Result is what a model is told of a run that has ended.
func (s *Service) Result(x *entgen.ToolInvocation) llm.Result {
	r := llm.Result{CallID: x.Call, Name: x.Tool, Text: x.Output, Failed: x.State != enum.Succeeded}
	switch x.State {
	case enum.Errored:
		r.Text = x.Failure + ": " + x.Problem
	case enum.Denied:
		r.Text = "The user said no to this call."
		if x.Note != "" {
			r.Text += " They wrote: " + x.Note
		}
	case enum.Expired:
		r.Text = "Nobody said yes to this call in time."
	case enum.Cancelled:
		r.Text = "The call was stopped."
	}
	if len(r.Text) > mostTold {
		r.Text = cut(r.Text, mostTold) + "…"
	}
	return r
}

// mostTold bounds what a model is told of a run, in bytes.
const mostTold = 64 << 10

// Stop stops the runs for an answer, in a transaction of its own room's.
func (s *Service) Stop(ctx context.Context, tx *eventlog.Tx, g *entgen.Generation) error {
	rows, err := s.Runs(ctx, tx.Client, g)
	if err != nil {
		return err
	}
	for _, x := range rows {
		if x.State.Over() {
			continue
		}
		if _, err := s.Tapes.Stop(ctx, tx.Tx, x.ID); err != nil {
			return err
		}
	}
	return nil
}
