package migrate

import (
	"fmt"
	"strings"

	"ariga.io/atlas/sql/schema"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// key is a foreign key that the migrations carry beside the entities: a child of a workspace can only point at what
// belongs to the same workspace.
type key struct{ table, columns, parent, refs string }

var keys = []key{
	{"sessions", "user_id", "users", "id"},
	{"members", "workspace_id", "workspaces", "id"},
	{"members", "user_id", "users", "id"},
	{"invitations", "workspace_id", "workspaces", "id"},
	{"invitations", "invited_by", "users", "id"},
	{"custom_roles", "workspace_id", "workspaces", "id"},
	{"grants", "workspace_id,user_id", "members", "workspace_id,user_id"},
	{"grants", "granted_by", "users", "id"},
	{"channels", "workspace_id", "workspaces", "id"},
	{"channels", "created_by", "users", "id"},
	{"channel_members", "workspace_id,channel_id", "channels", "workspace_id,id"},
	{"channel_members", "workspace_id,user_id", "members", "workspace_id,user_id"},
	{"read_states", "workspace_id,channel_id", "channels", "workspace_id,id"},
	{"read_states", "user_id", "users", "id"},
	{"messages", "workspace_id,channel_id", "channels", "workspace_id,id"},
	{"messages", "workspace_id,author_id", "members", "workspace_id,user_id"},
	{"messages", "workspace_id,reply_to_id", "messages", "workspace_id,id"},
	{"reactions", "workspace_id,message_id", "messages", "workspace_id,id"},
	{"reactions", "workspace_id,user_id", "members", "workspace_id,user_id"},
	{"tapes", "workspace_id", "workspaces", "id"},
	{"tape_steps", "workspace_id,tape_id", "tapes", "workspace_id,id"},
	{"model_budgets", "workspace_id", "workspaces", "id"},
	{"conversations", "workspace_id,channel_id", "channels", "workspace_id,id"},
	{"conversations", "workspace_id,created_by", "members", "workspace_id,user_id"},
	{"conversations", "workspace_id,leaf_id", "messages", "workspace_id,id"},
	{"generations", "workspace_id,conversation_id", "conversations", "workspace_id,id"},
	{"generations", "workspace_id,channel_id", "channels", "workspace_id,id"},
	{"generations", "workspace_id,prompt_id", "messages", "workspace_id,id"},
	{"generations", "workspace_id,message_id", "messages", "workspace_id,id"},
	{"generations", "workspace_id,started_by", "members", "workspace_id,user_id"},
	{"tools", "workspace_id", "workspaces", "id"},
	{"tools", "created_by", "users", "id"},
	{"tools", "workspace_id,current_id", "tool_versions", "workspace_id,id"},
	{"tool_versions", "workspace_id,tool_id", "tools", "workspace_id,id"},
	{"tool_versions", "created_by", "users", "id"},
	{"tool_versions", "decided_by", "users", "id"},
	{"tool_invocations", "workspace_id", "workspaces", "id"},
	{"tool_invocations", "workspace_id,version_id", "tool_versions", "workspace_id,id"},
	{"tool_invocations", "started_by", "users", "id"},
	{"tool_invocations", "decided_by", "users", "id"},
	{"tool_invocations", "workspace_id,generation_id", "generations", "workspace_id,id"},
	{"tool_invocations", "workspace_id,channel_id", "channels", "workspace_id,id"},
}

// Differ adds the foreign keys to the schema that the entities describe, and leaves alone what hand-written files added:
// the search index and what the walls stand on.
func Differ(next entschema.Differ) entschema.Differ {
	return entschema.DiffFunc(func(current, desired *schema.Schema) ([]schema.Change, error) {
		for _, k := range keys {
			if err := k.add(desired); err != nil {
				return nil, err
			}
		}
		changes, err := next.Diff(current, desired)
		if err != nil {
			return nil, err
		}
		return wanted(changes), nil
	})
}

func (k key) add(s *schema.Schema) error {
	child, ok := s.Table(k.table)
	parent, found := s.Table(k.parent)
	if !ok || !found {
		return fmt.Errorf("foreign key %+v: no such table", k)
	}
	own, err := columns(child, k.columns)
	if err != nil {
		return err
	}
	refs, err := columns(parent, k.refs)
	if err != nil {
		return err
	}
	child.AddForeignKeys(&schema.ForeignKey{
		Symbol: k.table + "_" + strings.ReplaceAll(k.columns, ",", "_"),
		Table:  child, Columns: own, RefTable: parent, RefColumns: refs,
		OnUpdate: schema.NoAction, OnDelete: schema.NoAction,
	})
	return nil
}

func columns(t *schema.Table, names string) (out []*schema.Column, err error) {
	for _, n := range strings.Split(names, ",") {
		c, ok := t.Column(n)
		if !ok {
			return nil, fmt.Errorf("%s has no column %s", t.Name, n)
		}
		out = append(out, c)
	}
	return out, nil
}

// wanted drops the changes that would take away what hand-written files made.
func wanted(changes []schema.Change) []schema.Change {
	out := changes[:0]
	for _, c := range changes {
		switch c := c.(type) {
		case *schema.DropTable:
			continue
		case *schema.ModifyTable:
			kept := c.Changes[:0]
			for _, x := range c.Changes {
				if d, ok := x.(*schema.DropIndex); ok && strings.HasPrefix(d.I.Name, "hand_") {
					continue
				}
				kept = append(kept, x)
			}
			if c.Changes = kept; len(kept) == 0 {
				continue
			}
		}
		out = append(out, c)
	}
	return out
}
