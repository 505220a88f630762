package ent_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/enum"
)

// world is two workspaces with a row of everything in each, and one user who belongs to each.
type world struct {
	db   *ent.DB
	a, b side
}

// side is what one workspace has.
type side struct{ workspace, user string }

func (s side) ctx(t *testing.T) context.Context {
	return authz.WithActor(t.Context(), authz.NewActor(s.user, "", false, []string{s.workspace}))
}

func system(t *testing.T) context.Context { return authz.System(t.Context(), "test") }

func populate(t *testing.T, db *ent.DB) world {
	t.Helper()
	w := world{db: db}
	err := db.InTx(system(t), func(ctx context.Context, tx *ent.Tx) (err error) {
		if w.a, err = settle(ctx, tx, "a"); err == nil {
			w.b, err = settle(ctx, tx, "b")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// settle makes a row of every entity.
func settle(ctx context.Context, tx *ent.Tx, name string) (s side, err error) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	u, err := tx.User.Create().SetEmail(name + "@x.test").SetEmailKey(name + "@x.test").SetDisplayName(name).SetPasswordHash("x").SetCreatedAt(now).Save(ctx)
	if err != nil {
		return s, err
	}
	w, err := tx.Workspace.Create().SetName(name).SetSlug(name).SetCreatedAt(now).Save(ctx)
	if err != nil {
		return s, err
	}
	s = side{w.ID, u.ID}
	c := tx.Channel.Create().SetWorkspaceID(w.ID).SetName(name).SetNameKey(name).SetVisibility(enum.Public).SetCreatedBy(u.ID).SetCreatedAt(now)
	var channel *entgen.Channel
	var message *entgen.Message
	var conversation *entgen.Conversation
	var generation *entgen.Generation
	var tool *entgen.Tool
	steps := []func() error{
		func() error {
			return tx.Member.Create().SetWorkspaceID(w.ID).SetUserID(u.ID).SetRole("admin").SetJoinedAt(now).Exec(ctx)
		},
		func() (err error) { channel, err = c.Save(ctx); return err },
		func() error {
			return tx.ChannelMember.Create().SetWorkspaceID(w.ID).SetChannelID(channel.ID).SetUserID(u.ID).SetJoinedAt(now).Exec(ctx)
		},
		func() error {
			return tx.ReadState.Create().SetWorkspaceID(w.ID).SetChannelID(channel.ID).SetUserID(u.ID).SetSeq(1).SetUpdatedAt(now).Exec(ctx)
		},
		func() (err error) {
			message, err = tx.Message.Create().SetWorkspaceID(w.ID).SetChannelID(channel.ID).SetSeq(1).SetAuthorID(u.ID).SetBody(name).SetCreatedAt(now).Save(ctx)
			return err
		},
		func() error {
			return tx.Message.Create().SetWorkspaceID(w.ID).SetChannelID(channel.ID).SetSeq(2).SetAuthorID(u.ID).SetReplyToID(message.ID).SetBody("re").SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return tx.Reaction.Create().SetWorkspaceID(w.ID).SetMessageID(message.ID).SetUserID(u.ID).SetEmoji("👍").SetCreatedAt(now).Exec(ctx)
		},
		func() (err error) {
			conversation, err = tx.Conversation.Create().SetWorkspaceID(w.ID).SetChannelID(channel.ID).SetCreatedBy(u.ID).SetModel("m").SetCreatedAt(now).Save(ctx)
			return err
		},
		func() (err error) {
			generation, err = tx.Generation.Create().SetWorkspaceID(w.ID).SetConversationID(conversation.ID).SetChannelID(channel.ID).SetPromptID(message.ID).
				SetStartedBy(u.ID).SetModel("m").SetMaxTokens(1).SetCreatedAt(now).Save(ctx)
			return err
		},
		func() error { return tx.ModelBudget.Create().SetWorkspaceID(w.ID).SetMonth("2026-11").Exec(ctx) },
		func() (err error) {
			tool, err = tx.Tool.Create().SetWorkspaceID(w.ID).SetName(name).SetCreatedBy(u.ID).SetCreatedAt(now).Save(ctx)
			return err
		},
		func() error {
			return tx.ToolVersion.Create().SetWorkspaceID(w.ID).SetToolID(tool.ID).SetCreatedBy(u.ID).SetNumber("1.0.0").SetDescription(name).SetSource(name).SetInputSchema("{}").
				SetReplay(enum.ReadOnly).SetApproval(enum.AskNever).SetPermissions([]string{}).SetUses([]string{}).SetHosts([]string{}).SetClock(false).SetTimeout(1).SetHash(name).
				SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return tx.ToolInvocation.Create().SetWorkspaceID(w.ID).SetTool(name).SetNumber("1.0.0").SetHash("x").SetStartedBy(u.ID).SetGenerationID(generation.ID).SetChannelID(channel.ID).
				SetArguments("{}").SetArgumentsHash("x").SetState(enum.Called).SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return tx.Tape.Create().SetID(generation.ID).SetWorkspaceID(w.ID).SetKind("x").Exec(ctx)
		},
		func() error {
			return tx.TapeStep.Create().SetWorkspaceID(w.ID).SetTapeID(generation.ID).SetSeq(1).SetKind("x").SetRecordedAt(now).SetLogSeq(1).Exec(ctx)
		},
		func() error {
			return tx.CustomRole.Create().SetWorkspaceID(w.ID).SetName("own").SetParents([]string{}).SetAllow([]string{}).SetDeny([]string{}).SetCreatedAt(now).Exec(ctx)
		},
		func() error {
			return tx.Grant.Create().SetWorkspaceID(w.ID).SetUserID(u.ID).SetPermission("chat:read").SetReason("x").SetGrantedBy(u.ID).SetCreatedAt(now).SetExpiresAt(now).Exec(ctx)
		},
		func() error {
			return tx.Invitation.Create().SetWorkspaceID(w.ID).SetEmail("x@x").SetEmailKey("x@x").SetRole("user").SetTokenHash(name).SetInvitedBy(u.ID).SetCreatedAt(now).SetExpiresAt(now).Exec(ctx)
		},
		func() error { return tx.EventHead.Create().SetID(w.ID).SetSeq(1).Exec(ctx) },
		func() error {
			return tx.Event.Create().SetWorkspaceID(w.ID).SetSeq(1).SetType("x").SetOccurredAt(now).SetRecordedAt(now).SetSource("x").Exec(ctx)
		},
		func() error {
			return tx.Session.Create().SetUserID(u.ID).SetCreatedAt(now).SetRotatedAt(now).SetExpiresAt(now).SetUserAgent("").SetAddress("").Exec(ctx)
		},
		func() error {
			return tx.SigningKey.Create().SetPublicKey([]byte("x")).SetSealedKey([]byte("x")).SetRetiresAt(now).SetExpiresAt(now).SetCreatedAt(now).Exec(ctx)
		},
		func() error { return tx.Idempotency.Create().SetFingerprint("x").SetCreatedAt(now).Exec(ctx) },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			return s, fmt.Errorf("step %d: %w", i, err)
		}
	}
	return s, nil
}

// entity is one entity of the data model, driven by reflection so that a new one is in the tests at once.
type entity struct{ name string }

// entities returns all of them.
func entities() (out []entity) {
	t := reflect.TypeFor[entgen.Client]()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.IsExported() && f.Type.Kind() == reflect.Pointer && strings.HasSuffix(f.Type.Elem().Name(), "Client") {
			out = append(out, entity{f.Name})
		}
	}
	return out
}

// builder returns Query, Create, Update or Delete of the entity.
func (e entity) builder(c *entgen.Client, method string) reflect.Value {
	return reflect.ValueOf(c).Elem().FieldByName(e.name).MethodByName(method).Call(nil)[0]
}

func call(v reflect.Value, method string, args ...any) (reflect.Value, error) {
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		in[i] = reflect.ValueOf(a)
	}
	out := v.MethodByName(method).Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	return out[0], err
}

func (e entity) count(ctx context.Context, c *entgen.Client) (int, error) {
	n, err := call(e.builder(c, "Query"), "Count", ctx)
	return int(n.Int()), err
}

// rows returns what is seen, as text without what is volatile.
func (e entity) rows(ctx context.Context, c *entgen.Client) ([]string, error) {
	list, err := call(e.builder(c, "Query"), "All", ctx)
	if err != nil {
		return nil, err
	}
	out := make([]string, list.Len())
	for i := range out {
		out[i] = fmt.Sprint(list.Index(i).Interface())
	}
	return out, nil
}

// update changes one plain field of every row that is reached, and returns how many there were.
func (e entity) update(ctx context.Context, c *entgen.Client) (int, error) {
	b := e.builder(c, "Update")
	if set, v := settable(b); set.IsValid() {
		set.Call([]reflect.Value{v})
	}
	n, err := call(b, "Save", ctx)
	return int(n.Int()), err
}

// mutable reports whether the entity has a plain field that can change.
func (e entity) mutable(c *entgen.Client) bool {
	set, _ := settable(e.builder(c, "Update"))
	return set.IsValid()
}

// settable returns a setter of an update and a value for it.
func settable(b reflect.Value) (set, v reflect.Value) {
	for i := range b.NumMethod() {
		m := b.Type().Method(i)
		if !strings.HasPrefix(m.Name, "Set") || strings.HasPrefix(m.Name, "SetNillable") || m.Type.NumIn() != 2 || m.Name == "SetEmailKey" || m.Name == "SetNameKey" {
			continue
		}
		if v, ok := sample(m.Type.In(1)); ok {
			return b.Method(i), v
		}
	}
	return set, v
}

func sample(t reflect.Type) (reflect.Value, bool) {
	switch {
	case t.Kind() == reflect.String:
		return reflect.ValueOf("changed").Convert(t), true
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		return reflect.ValueOf(77).Convert(t), true
	case t.Kind() == reflect.Bool:
		return reflect.ValueOf(true), true
	case t == reflect.TypeFor[time.Time]():
		return reflect.ValueOf(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)), true
	}
	return reflect.Value{}, false
}

func (e entity) remove(ctx context.Context, c *entgen.Client) (int, error) {
	n, err := call(e.builder(c, "Delete"), "Exec", ctx)
	return int(n.Int()), err
}

// create makes an otherwise empty row in a workspace: the rule decides before the fields are looked at.
func (e entity) create(ctx context.Context, c *entgen.Client, workspaceID string) error {
	b := e.builder(c, "Create")
	if set := b.MethodByName("SetWorkspaceID"); set.IsValid() {
		set.Call([]reflect.Value{reflect.ValueOf(workspaceID)})
	} else if e.name == "Workspace" || e.name == "EventHead" {
		b.MethodByName("SetID").Call([]reflect.Value{reflect.ValueOf(workspaceID)})
	}
	_, err := call(b, "Save", ctx)
	return err
}
