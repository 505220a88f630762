package tool

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/tool"
	"karnak/ent/entgen/toolinvocation"
	"karnak/ent/entgen/toolversion"
	"karnak/ent/enum"
	"karnak/ent/pinned"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/jsonschema"
)

// patience is how long a run waits for a person's yes.
const patience = 24 * time.Hour

// call is a run that is asked for.
type call struct {
	workspaceID string
	version     *version
	arguments   string
	// What follows is of a call by a language model.
	generationID, channelID, name string
}

// InvokeTool runs a tool in the caller's name. Needs tool:invoke. An unknown tool or number is the user error NOT_FOUND, arguments
// that do not fit are INVALID.
func (s *Service) InvokeTool(ctx context.Context, in InvokeToolInput) (*InvokeToolPayload, error) {
	if err := s.Guard.Require(ctx, in.WorkspaceID, authz.ToolInvoke, in.WorkspaceID); err != nil {
		return nil, err
	}
	v, err := s.chosen(ctx, in.WorkspaceID, in.Tool, in.Number)
	if err != nil {
		return nil, err
	}
	if len(in.Arguments) > longestArguments {
		return nil, fault.User(fault.TooLong, "arguments", "Arguments have at most %d bytes.", longestArguments)
	}
	if problem, err := fits(v.Input, in.Arguments); problem != "" || err != nil {
		return nil, either(err, fault.User(fault.Invalid, "arguments", "%s", problem))
	}
	if err := s.roomy(ctx, in.WorkspaceID); err != nil {
		return nil, err
	}
	p := &InvokeToolPayload{}
	done, err := s.Log.Change(ctx, func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		p.Invocation, err = s.call(ctx, tx, call{workspaceID: in.WorkspaceID, version: v, arguments: string(in.Arguments)})
		if err != nil {
			return "", err
		}
		return p.Invocation.ID, nil
	})
	if err != nil {
		return p, err
	}
	p.Receipt = done.Receipt
	p.Invocation, err = replayed(ctx, done, p.Invocation, s.InvocationByID)
	return p, err
}

// mostOpen is how many runs of one person's may wait or run at a time in a workspace.
const mostOpen = 200

// roomy refuses a run to somebody who has too many that have not ended.
func (s *Service) roomy(ctx context.Context, workspaceID string) error {
	n, err := s.DB.Client().ToolInvocation.Query().Where(toolinvocation.WorkspaceID(workspaceID), toolinvocation.StartedBy(authz.ActorOf(ctx).UserID),
		toolinvocation.StateIn(enum.Waiting, enum.Called, enum.Working)).Count(ctx)
	if err == nil && n >= mostOpen {
		return fault.User(fault.QuotaExceeded, "", "You have %d runs that have not ended: wait for them, or stop some.", n)
	}
	return err
}

// chosen returns what is run for a name and a number.
func (s *Service) chosen(ctx context.Context, workspaceID, name string, number *string) (*version, error) {
	unknown := fault.User(fault.Missing, "tool", "There is no such tool: see tools and builtInTools of the workspace.")
	if b := s.find(name); b != nil {
		if number != nil && *number != b.Number {
			return nil, fault.User(fault.Missing, "number", "This tool is at %s.", b.Number)
		}
		return b.version, nil
	}
	t, err := optional(s.DB.Client().Tool.Query().Where(tool.WorkspaceID(workspaceID), tool.Name(name)).Only(ctx))
	if t == nil || err != nil {
		return nil, either(err, unknown)
	}
	q := s.DB.Client().ToolVersion.Query().Where(toolversion.WorkspaceID(workspaceID), toolversion.ToolID(t.ID), toolversion.StateEQ(enum.Approved))
	switch {
	case number != nil:
		q.Where(toolversion.Number(*number))
	case t.CurrentID == nil:
		return nil, fault.User(fault.NotAllowed, "tool", "No version of this tool is approved: somebody with tool:approve has to look at it.")
	default:
		q.Where(toolversion.ID(*t.CurrentID))
	}
	v, err := optional(q.Only(ctx))
	if v == nil || err != nil {
		return nil, either(err, fault.User(fault.Missing, "number", "There is no approved version of this number."))
	}
	return asVersion(t.Name, v), nil
}

// pinnedTo returns what a run that was pinned runs; nil where there is none of it any more.
func (s *Service) pinnedTo(ctx context.Context, p pinned.Tool) (*version, error) {
	if p.VersionID == "" {
		if b := s.find(p.Name); b != nil {
			return b.version, nil
		}
		return nil, nil
	}
	v, err := optional(s.DB.Client().ToolVersion.Query().Where(toolversion.ID(p.VersionID)).Only(ctx))
	if v == nil || err != nil {
		return nil, err
	}
	return asVersion(p.Name, v), nil
}

// fits tells what is wrong with a value, "" for nothing.
func fits(schema, value json.RawMessage) (string, error) {
	if len(schema) == 0 {
		return "", nil
	}
	x, err := jsonschema.Compile(schema)
	if err != nil {
		return "", err
	}
	err = x.Validate(value)
	var wrong *jsonschema.Invalid
	if !errors.As(err, &wrong) {
		return "", err
	}
	var out []string
	for _, f := range wrong.Faults {
		at := f.Path + ": "
		if f.Path == "" {
			at = "It "
		}
		out = append(out, at+sentence(f.Message)+".")
	}
	return strings.Join(out, " "), nil
}

// call writes down that a run is wanted by the actor of ctx, and begins it where nobody has to be asked.
func (s *Service) call(ctx context.Context, tx *eventlog.Tx, c call) (*entgen.ToolInvocation, error) {
	now := s.Clock.Now()
	create := tx.ToolInvocation.Create().SetID(id.New(id.ToolInvocation)).SetWorkspaceID(c.workspaceID).SetStartedBy(authz.ActorOf(ctx).UserID).
		SetTool(c.version.pin.Name).SetNumber(c.version.pin.Number).SetHash(c.version.pin.Hash).SetCreatedAt(now).SetCall(c.name).SetState(enum.Called)
	for set, value := range map[*string]func(string) *entgen.ToolInvocationCreate{
		&c.generationID: create.SetGenerationID, &c.channelID: create.SetChannelID, &c.version.pin.VersionID: create.SetVersionID,
	} {
		if *set != "" {
			value(*set)
		}
	}
	problem, err := fits(c.version.Input, json.RawMessage(c.arguments))
	if err != nil {
		return nil, err
	}
	hash, err := digest([]byte(c.arguments))
	if err != nil { // what a model wrote is no JSON: it is kept as a text, and told to the model
		text, err := json.Marshal(strings.ToValidUTF8(c.arguments, "\uFFFD"))
		if err != nil {
			return nil, err
		}
		c.arguments = string(text)
		if hash, err = digest(text); err != nil {
			return nil, err
		}
	}
	create.SetArguments(c.arguments).SetArgumentsHash(hash)
	asks := problem == "" && c.version.asks(c.generationID != "")
	if asks {
		create.SetState(enum.Waiting).SetAsking(enum.ByPolicy).SetExpiresAt(now.Add(patience))
	}
	x, err := create.Save(ctx)
	if err != nil {
		return nil, err
	}
	if err := tx.Append(ctx, x.WorkspaceID, requested.event(x)); err != nil {
		return nil, err
	}
	// A worker parks the tape of one that waits, behind the step that says so.
	return x, s.Crew.Create(ctx, tx.Tx, x.WorkspaceID, x.ID)
}
