package eventlog

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/entgen/event"
	"karnak/ent/entgen/eventhead"
	"karnak/ent/entgen/predicate"
	"karnak/internal/platform/batch"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

// Head is the state of a log: its newest number, and the newest number that is no longer kept.
type Head struct{ Seq, Floor int64 }

// Head returns the head of a workspace's log; the zero Head for one without events.
func (l *Log) Head(ctx context.Context, workspaceID string) (Head, error) {
	heads, err := l.Heads(ctx, []string{workspaceID})
	return heads[workspaceID], err
}

// Snapshot returns the cursor of the head of a log as this answer first sees it. Who reads it before anything else of the log
// misses nothing by following the log from there.
func (l *Log) Snapshot(ctx context.Context, workspaceID string) (string, error) {
	head, err := batch.Load(ctx, kindHead{}, workspaceID, l.Heads)
	return l.Cursor(workspaceID, head.Seq), err
}

// ExpectSnapshots tells the logs whose Snapshot this answer will probably ask for.
func (l *Log) ExpectSnapshots(ctx context.Context, workspaceIDs []string) {
	batch.Expect(ctx, kindHead{}, workspaceIDs)
}

type kindHead struct{}

// ErrRestored says that the database was restored since this process opened it: what it holds in memory is of another past.
var ErrRestored = errors.New("the database was restored under this server: start it again")

// Heads returns the heads of several logs in one query. It is ErrRestored where the platform's is among them and says so.
func (l *Log) Heads(ctx context.Context, workspaceIDs []string) (map[string]Head, error) {
	rows, err := l.db.Client().EventHead.Query().Where(store.In(eventhead.FieldID, workspaceIDs)).All(system(ctx))
	out := make(map[string]Head, len(rows))
	for _, r := range rows {
		out[r.ID] = Head{r.Seq, r.Floor}
		if r.ID == id.Platform && r.Epoch != l.epoch.Load() {
			err = ErrRestored
		}
	}
	return out, err
}

// Filter says which events are wanted; everything given has to hold.
type Filter struct {
	// Types are names or, with a star at the end, families of them.
	Types []string
	// Actors, Channels: who did it, where it happened. NoChannel lets events through that happened in no channel.
	Actors, Channels []string
	NoChannel        bool
	// Public leaves out what is not for the activity feed.
	Public bool
	// Access lets access events through whatever else is asked, so that a reader can check again when one passes.
	Access bool
}

// After returns events with a number above after and at most until, in their order, at most limit.
func (l *Log) After(ctx context.Context, workspaceID string, after, until int64, f Filter, limit int) ([]*Event, error) {
	q := l.db.Client().Event.Query().Where(event.WorkspaceID(workspaceID), event.SeqGT(after), event.SeqLTE(until), l.where(f))
	rows, err := q.Order(event.BySeq()).Limit(limit).All(system(ctx))
	return l.events(rows), err
}

// Before returns events with a number below before, the newest first, at most limit. A before of 0 begins at the head.
func (l *Log) Before(ctx context.Context, workspaceID string, before int64, f Filter, limit int) ([]*Event, error) {
	q := l.db.Client().Event.Query().Where(event.WorkspaceID(workspaceID), l.where(f))
	if before > 0 {
		q.Where(event.SeqLT(before))
	}
	rows, err := q.Order(event.BySeq(sql.OrderDesc())).Limit(limit).All(system(ctx))
	return l.events(rows), err
}

// where says in SQL what Match says in memory.
func (l *Log) where(f Filter) predicate.Event {
	var all []predicate.Event
	if f.Public {
		all = append(all, event.TypeIn(l.public...))
	}
	if len(f.Types) > 0 {
		var either []predicate.Event
		for _, t := range f.Types {
			if family, ok := strings.CutSuffix(t, "*"); ok {
				either = append(either, ofFamily(family))
			} else {
				either = append(either, event.TypeEQ(t))
			}
		}
		all = append(all, event.Or(either...))
	}
	if len(f.Actors) > 0 {
		all = append(all, event.ActorIDIn(f.Actors...))
	}
	switch {
	case f.NoChannel:
		all = append(all, event.Or(event.ChannelIDIsNil(), event.ChannelIDIn(f.Channels...)))
	case len(f.Channels) > 0:
		all = append(all, event.ChannelIDIn(f.Channels...))
	}
	if len(all) == 0 {
		return func(*sql.Selector) {}
	}
	if f.Access {
		return event.Or(event.And(all...), event.TypeIn(l.access...))
	}
	return event.And(all...)
}

// ofFamily keeps events whose type begins with a text; LIKE would not tell capitals apart on SQLite.
func ofFamily(family string) predicate.Event {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteString("substr(").Ident(s.C(event.FieldType)).WriteString(", 1, ").Arg(utf8.RuneCountInString(family)).WriteString(") = ").Arg(family)
		}))
	}
}

// Match reports whether an event is one of those wanted; Access is the reader's own concern.
func (l *Log) Match(f Filter, e *Event) bool {
	if f.Public && !l.TypeOf(e.Type).Public {
		return false
	}
	if len(f.Types) > 0 && !typed(f.Types, e.Type) || len(f.Actors) > 0 && !contains(f.Actors, e.ActorID) {
		return false
	}
	if f.NoChannel && e.ChannelID == "" {
		return true
	}
	return !f.NoChannel && len(f.Channels) == 0 || contains(f.Channels, e.ChannelID)
}

func typed(types []string, name string) bool {
	for _, t := range types {
		if family, ok := strings.CutSuffix(t, "*"); t == name || ok && strings.HasPrefix(name, family) {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// Trim removes events that happened before the instant that kept says for their log, none for the zero time, and raises the
// floor of the logs in the same transactions.
func (l *Log) Trim(ctx context.Context, kept func(workspaceID string) time.Time) (int, error) {
	removed := 0
	ctx = system(ctx)
	heads, err := l.db.Client().EventHead.Query().All(ctx)
	if err != nil {
		return 0, err
	}
	for _, h := range heads {
		before := kept(h.ID)
		if before.IsZero() {
			continue
		}
		last, err := l.db.Client().Event.Query().Where(event.WorkspaceID(h.ID), event.OccurredAtLT(before)).
			Order(event.BySeq(sql.OrderDesc())).First(ctx)
		if entgen.IsNotFound(err) {
			continue
		}
		if err != nil {
			return removed, err
		}
		err = l.db.InTx(ctx, func(ctx context.Context, tx *ent.Tx) error {
			n, err := tx.Event.Delete().Where(event.WorkspaceID(h.ID), event.SeqLTE(last.Seq)).Exec(ctx)
			if err != nil {
				return err
			}
			removed += n
			// Another node may have raised it further.
			return tx.EventHead.Update().Where(eventhead.ID(h.ID), eventhead.FloorLT(last.Seq)).SetFloor(last.Seq).Exec(ctx)
		})
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (l *Log) events(rows []*entgen.Event) []*Event {
	out := make([]*Event, len(rows))
	for i, r := range rows {
		out[i] = &Event{
			ID: r.ID, WorkspaceID: r.WorkspaceID, Seq: r.Seq, Type: r.Type, ActorID: text(r.ActorID), SubjectID: text(r.SubjectID),
			ObjectID: text(r.ObjectID), ChannelID: text(r.ChannelID), OccurredAt: r.OccurredAt, ClientMutationID: r.ClientMutationID,
			Data: r.Data, Cursor: l.Cursor(r.WorkspaceID, r.Seq),
		}
	}
	return out
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func system(ctx context.Context) context.Context {
	return authz.System(ctx, "eventlog: readers are checked by whoever lets them read")
}
