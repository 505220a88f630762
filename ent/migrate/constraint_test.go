package migrate_test

import (
	"testing"

	"ariga.io/atlas/sql/schema"
	entschema "entgo.io/ent/dialect/sql/schema"

	"karnak/ent/migrate"
)

// next is a comparison that returns what it is told.
func next(changes ...schema.Change) entschema.Differ {
	return entschema.DiffFunc(func(_, desired *schema.Schema) ([]schema.Change, error) { return changes, nil })
}

// tables returns a schema with the tables and columns that the foreign keys stand on.
func tables() *schema.Schema {
	s := schema.New("main")
	for _, name := range []string{
		"users", "sessions", "workspaces", "members", "invitations", "custom_roles", "grants", "channels", "channel_members", "read_states", "messages", "reactions",
		"tapes", "tape_steps", "conversations", "generations", "model_budgets", "tools", "tool_versions", "tool_invocations",
	} {
		t := schema.NewTable(name)
		for _, c := range []string{"id", "workspace_id", "user_id", "invited_by", "granted_by", "created_by", "channel_id", "author_id", "reply_to_id", "message_id",
			"tape_id", "leaf_id", "conversation_id", "prompt_id", "started_by", "current_id", "tool_id", "version_id", "decided_by", "generation_id"} {
			t.AddColumns(schema.NewStringColumn(c, "text"))
		}
		s.AddTables(t)
	}
	return s
}

func TestDifferAddsTheForeignKeys(t *testing.T) {
	t.Parallel()
	s := tables()
	if _, err := migrate.Differ(next()).Diff(schema.New("main"), s); err != nil {
		t.Fatal(err)
	}
	m, _ := s.Table("messages")
	found := false
	for _, k := range m.ForeignKeys {
		if k.Symbol == "messages_workspace_id_reply_to_id" {
			found = len(k.Columns) == 2 && k.Columns[0].Name == "workspace_id" && k.RefColumns[1].Name == "id" && k.RefTable == m
		}
	}
	if !found || len(m.ForeignKeys) != 3 {
		t.Errorf("messages has the keys %v", m.ForeignKeys)
	}
	missing := schema.New("main").AddTables(schema.NewTable("sessions"))
	if _, err := migrate.Differ(next()).Diff(schema.New("main"), missing); err == nil {
		t.Error("a key to a table that is not there was let through")
	}
	bare := tables()
	u, _ := bare.Table("users")
	u.Columns = nil
	if _, err := migrate.Differ(next()).Diff(schema.New("main"), bare); err == nil {
		t.Error("a key to a column that is not there was let through")
	}
}

func TestDifferLeavesHandWrittenThings(t *testing.T) {
	t.Parallel()
	own, hand := schema.NewIndex("channel_page"), schema.NewIndex("hand_messages_search")
	column := &schema.DropColumn{C: schema.NewStringColumn("old", "text")}
	got, err := migrate.Differ(next(
		&schema.DropTable{T: schema.NewTable("message_search")},
		&schema.ModifyTable{T: schema.NewTable("messages"), Changes: []schema.Change{&schema.DropIndex{I: hand}}},
		&schema.ModifyTable{T: schema.NewTable("messages"), Changes: []schema.Change{&schema.DropIndex{I: hand}, &schema.DropIndex{I: own}, column}},
		&schema.AddTable{T: schema.NewTable("new")},
	)).Diff(schema.New("main"), tables())
	if err != nil || len(got) != 2 {
		t.Fatalf("%d changes are left: %v", len(got), err)
	}
	if m, ok := got[0].(*schema.ModifyTable); !ok || len(m.Changes) != 2 || m.Changes[1] != schema.Change(column) {
		t.Errorf("%+v", got[0])
	}
	if _, ok := got[1].(*schema.AddTable); !ok {
		t.Errorf("%+v", got[1])
	}
}
