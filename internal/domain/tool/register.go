package tool

import (
	"context"
	"errors"

	"golang.org/x/mod/semver"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/tool"
	"karnak/ent/entgen/toolversion"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/sandbox"
	"karnak/internal/platform/store"
)

// mostTools bounds the tools of a workspace, mostVersions the versions of one.
const mostTools, mostVersions = 500, 500

// RegisterToolVersion proposes a version of a tool, and the tool with its first one. Needs tool:write. A number that is not above
// those that there are is TAKEN, a program that cannot be read INVALID.
func (s *Service) RegisterToolVersion(ctx context.Context, in RegisterToolVersionInput) (*RegisterToolVersionPayload, error) {
	if err := s.Guard.Require(ctx, in.WorkspaceID, authz.ToolWrite, in.WorkspaceID); err != nil {
		return nil, err
	}
	if err := in.validate(s.find); err != nil {
		return nil, err
	}
	if err := s.readable(ctx, in.Source); err != nil {
		return nil, err
	}
	d := definition{
		Name: in.Name, Number: in.Number, Description: in.Description, Source: in.Source, Input: in.InputSchema, Output: in.OutputSchema,
		Replay: in.Replay, Approval: *in.Approval, Permissions: sorted(in.Permissions), Uses: sorted(in.Uses), Hosts: sorted(in.Hosts), Clock: in.Clock,
		Timeout: int(in.Timeout.Milliseconds()),
	}
	p := &RegisterToolVersionPayload{}
	propose := func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		t, err := s.named(ctx, tx, in.WorkspaceID, in.Name)
		if err != nil {
			return "", err
		}
		if p.ToolVersion, err = s.propose(ctx, tx, t, d); err != nil {
			return "", err
		}
		return p.ToolVersion.ID, tx.Append(ctx, t.WorkspaceID, eventlog.Draft{Type: registered, ObjectID: p.ToolVersion.ID})
	}
	done, err := s.Log.Change(ctx, propose)
	if store.Duplicate(err) { // two made the tool, or the number, in the same moment
		done, err = s.Log.Change(ctx, propose)
	}
	if err != nil {
		return p, err
	}
	p.Receipt = done.Receipt
	p.ToolVersion, err = replayed(ctx, done, p.ToolVersion, s.VersionByID)
	return p, err
}

// readable checks that a program can be read.
func (s *Service) readable(ctx context.Context, source string) error {
	err := s.Sandbox.Check(ctx, source)
	var f *sandbox.Fault
	if errors.As(err, &f) {
		return fault.User(fault.Invalid, "source", "This program cannot be read: %s.", sentence(f.Message))
	}
	return err
}

// named returns a workspace's tool, locked to the commit; it is made where there is none of the name.
func (s *Service) named(ctx context.Context, tx *eventlog.Tx, workspaceID, name string) (*entgen.Tool, error) {
	n, err := tx.Tool.Update().Where(tool.WorkspaceID(workspaceID), tool.Name(name)).AddVersion(0).Save(ctx)
	if err != nil {
		return nil, err
	}
	if n > 0 {
		return tx.Tool.Query().Where(tool.WorkspaceID(workspaceID), tool.Name(name)).Only(ctx)
	}
	all, err := tx.Tool.Query().Where(tool.WorkspaceID(workspaceID)).Count(ctx)
	if err != nil {
		return nil, err
	}
	if all >= mostTools {
		return nil, fault.User(fault.QuotaExceeded, "name", "A workspace has at most %d tools.", mostTools)
	}
	return tx.Tool.Create().SetWorkspaceID(workspaceID).SetName(name).SetCreatedBy(authz.ActorOf(ctx).UserID).SetCreatedAt(s.Clock.Now()).Save(ctx)
}

func (s *Service) propose(ctx context.Context, tx *eventlog.Tx, t *entgen.Tool, d definition) (*entgen.ToolVersion, error) {
	numbers, err := tx.ToolVersion.Query().Where(toolversion.WorkspaceID(t.WorkspaceID), toolversion.ToolID(t.ID)).Select(toolversion.FieldNumber).Strings(ctx)
	if err != nil {
		return nil, err
	}
	if len(numbers) >= mostVersions {
		return nil, fault.User(fault.QuotaExceeded, "number", "A tool has at most %d versions.", mostVersions)
	}
	for _, n := range numbers {
		if semver.Compare("v"+d.Number, "v"+n) <= 0 {
			return nil, fault.User(fault.Taken, "number", "There is %s already: the next version has a higher number.", n)
		}
	}
	hash, err := d.hash()
	if err != nil {
		return nil, err
	}
	return tx.ToolVersion.Create().SetWorkspaceID(t.WorkspaceID).SetToolID(t.ID).SetCreatedBy(authz.ActorOf(ctx).UserID).SetCreatedAt(s.Clock.Now()).
		SetNumber(d.Number).SetDescription(d.Description).SetSource(d.Source).SetInputSchema(string(d.Input)).SetOutputSchema(string(d.Output)).
		SetReplay(d.Replay).SetApproval(d.Approval).SetPermissions(d.Permissions).SetUses(d.Uses).SetHosts(d.Hosts).SetClock(d.Clock).
		SetTimeout(d.Timeout).SetHash(hash).Save(ctx)
}
