package eventlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"karnak/ent"
	"karnak/ent/enttest"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/id"
	"karnak/internal/platform/store"
)

var errMeant = errors.New("meant to fail")

// TestNumbersHaveNoHoles lets 32 writers append, many of them in vain, while a reader follows: numbers are 1..n, and none
// shows before the one below it.
func TestNumbersHaveNoHoles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		const writers, changes = 32, 15
		logs := []string{workspace(), workspace()}
		var written [2]atomic.Int64
		var heard sync.Map
		b.OnCommit(func(events []*eventlog.Event) {
			for _, e := range events {
				if _, twice := heard.LoadOrStore(e.ID, e.Seq); twice {
					t.Errorf("the listener heard of %s twice", e.ID)
				}
			}
		})
		ctx, stop := context.WithCancel(t.Context())
		var following, writing sync.WaitGroup
		for i := range logs {
			following.Go(func() { follow(ctx, t, b, logs[i]) })
		}
		for w := range writers {
			writing.Go(func() {
				dice := rand.New(rand.NewPCG(1, uint64(w)))
				for range changes {
					i, n, fate := dice.IntN(2), 1+dice.IntN(3), dice.IntN(5)
					err := attempt(t, b, logs[i], n, fate)
					if (err != nil) != (fate < 3) {
						t.Errorf("fate %d: %v", fate, err)
					}
					if err == nil {
						written[i].Add(int64(n))
					}
				}
			})
		}
		writing.Wait()
		for i, w := range logs {
			events, n := b.all(t, w), written[i].Load()
			contiguous(t, events, 1)
			if int64(len(events)) != n || b.head(t, w).Seq != n {
				t.Errorf("%d events, head %d, acknowledged %d", len(events), b.head(t, w).Seq, n)
			}
			for _, e := range events {
				if seq, ok := heard.Load(e.ID); !ok || seq != e.Seq {
					t.Errorf("the listener heard %v of event %d", seq, e.Seq)
				}
			}
		}
		stop()
		following.Wait()
	})
}

// attempt makes a change of n events. By its fate it fails in the change, by a panic or in its last hook, or goes well.
func attempt(t *testing.T, b *bench, workspaceID string, n, fate int) error {
	_, err := b.Change(t.Context(), func(ctx context.Context, tx *eventlog.Tx) (string, error) {
		for range n {
			if err := tx.Append(ctx, workspaceID, eventlog.Draft{Type: posted}); err != nil {
				return "", err
			}
		}
		switch fate {
		case 0:
			return "", errMeant
		case 1:
			panic("meant to panic")
		case 2:
			tx.BeforeCommit(func(context.Context) error { return errMeant })
		}
		return "", nil
	})
	return err
}

// follow reads what is visible again and again: it never sees a number before the one below it.
func follow(ctx context.Context, t *testing.T, b *bench, workspaceID string) {
	last := int64(0)
	for ctx.Err() == nil {
		events, err := b.After(ctx, workspaceID, last, 1<<62, eventlog.Filter{}, 500)
		if err != nil {
			if ctx.Err() == nil {
				t.Error(err)
			}
			return
		}
		for _, e := range events {
			if e.Seq != last+1 {
				t.Errorf("after %d came %d", last, e.Seq)
				return
			}
			last = e.Seq
		}
	}
}

func TestEventKeepsWhatWasSaid(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w, user := workspace(), id.New(id.User)
		mutation := "from the client"
		ctx := eventlog.WithMutation(as(t.Context(), user), eventlog.Mutation{ClientMutationID: &mutation})
		past := b.clock.Now().Add(-time.Hour)
		done := b.write(ctx, t, w,
			eventlog.Draft{Type: posted, SubjectID: "s", ObjectID: "o", ChannelID: "c", Data: map[string]int{"n": 3}},
			eventlog.Draft{Type: hidden, At: past})
		events := b.all(t, w)
		if len(events) != 2 || done.Cursor == nil || *done.Cursor != events[1].Cursor || *done.ClientMutationID != mutation {
			t.Fatalf("%d events, receipt %+v", len(events), done.Receipt)
		}
		e := events[0]
		var data struct{ N int }
		if err := json.Unmarshal(e.Data, &data); err != nil || data.N != 3 {
			t.Errorf("data %s: %v", e.Data, err)
		}
		if e.ActorID != user || e.SubjectID != "s" || e.ObjectID != "o" || e.ChannelID != "c" || e.Type != posted.Name ||
			!e.OccurredAt.Equal(b.clock.Now()) || *e.ClientMutationID != mutation || !id.Valid(id.Event, e.ID) {
			t.Errorf("%+v", e)
		}
		if !events[1].OccurredAt.Equal(past) || events[1].Data != nil || events[1].ChannelID != "" {
			t.Errorf("%+v", events[1])
		}
		if seq, err := b.Position(w, e.Cursor, 2); err != nil || seq != 1 {
			t.Errorf("the event's cursor reads as %d: %v", seq, err)
		}
	})
}

func TestAccessEventsReachThePlatformsLog(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w := workspace()
		done := b.write(as(t.Context(), "user_x"), t, w, eventlog.Draft{Type: granted, SubjectID: "user_y", ObjectID: "role_z"}, eventlog.Draft{Type: posted})
		echo := b.all(t, id.Platform)
		if len(echo) != 1 || echo[0].Type != "access.changed" || echo[0].SubjectID != "user_y" || echo[0].ObjectID != w || !b.TypeOf(echo[0].Type).Access {
			t.Errorf("the platform's log has %+v", echo)
		}
		if seq, err := b.Position(w, *done.Cursor, 2); err != nil || seq != 2 {
			t.Errorf("the receipt's cursor is %d of the workspace: %v", seq, err)
		}
		direct := b.write(t.Context(), t, id.Platform, eventlog.Draft{Type: granted})
		if n := len(b.all(t, id.Platform)); n != 2 || direct.Cursor != nil {
			t.Errorf("an access event of the platform is not doubled: %d events; its cursor %v is shown to nobody", n, direct.Cursor)
		}
		if b.TypeOf("nobody.declared.it") != (eventlog.Type{Name: "nobody.declared.it"}) || !b.TypeOf(posted.Name).Public {
			t.Error("types are not told")
		}
	})
}

func TestDedupeKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w := workspace()
		d := eventlog.Draft{Type: posted, Source: "hook", DedupeKey: "k"}
		b.write(t.Context(), t, w, d)
		_, err := b.Change(t.Context(), func(ctx context.Context, tx *eventlog.Tx) (string, error) { return "", tx.Append(ctx, w, d) })
		if !store.Duplicate(err) {
			t.Errorf("the same key again: %v", err)
		}
		b.write(t.Context(), t, workspace(), d)
		d.Source = "other"
		b.write(t.Context(), t, w, d)
		b.write(t.Context(), t, w, eventlog.Draft{Type: posted}, eventlog.Draft{Type: posted})
		contiguous(t, b.all(t, w), 1)
		if n := b.head(t, w).Seq; n != 4 {
			t.Errorf("head %d, want 4", n)
		}
	})
}

func TestManyEventsOfOneChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w, other := workspace(), workspace()
		_, err := b.Change(t.Context(), func(ctx context.Context, tx *eventlog.Tx) (string, error) {
			for i := range 1203 {
				if err := tx.Append(ctx, w, eventlog.Draft{Type: posted, ObjectID: fmt.Sprint(i)}); err != nil {
					return "", err
				}
				if i%100 == 0 {
					if err := tx.Append(ctx, other, eventlog.Draft{Type: posted}); err != nil {
						return "", err
					}
				}
			}
			return "", nil
		})
		if err != nil {
			t.Fatal(err)
		}
		events := b.all(t, w)
		contiguous(t, events, 1)
		for i, e := range events {
			if e.ObjectID != fmt.Sprint(i) {
				t.Fatalf("event %d is about %s", i, e.ObjectID)
			}
		}
		if len(events) != 1203 || len(b.all(t, other)) != 13 {
			t.Errorf("%d and %d events", len(events), len(b.all(t, other)))
		}
	})
}

func TestChangeWithoutEvents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		called := 0
		b.OnCommit(func([]*eventlog.Event) { called++ })
		done, err := b.Change(t.Context(), func(context.Context, *eventlog.Tx) (string, error) { return "it", nil })
		if err != nil || done.ObjectID != "it" || done.Cursor != nil || done.Replayed || called != 0 {
			t.Errorf("%+v, %d calls: %v", done, called, err)
		}
		_, err = b.Change(t.Context(), func(ctx context.Context, tx *eventlog.Tx) (string, error) {
			return "", tx.Append(ctx, workspace(), eventlog.Draft{Type: posted, Data: func() {}})
		})
		if err == nil {
			t.Error("data that cannot be encoded was taken")
		}
	})
}

func TestNew(t *testing.T) {
	t.Parallel()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		c := on(t, db).clock
		for name, cfg := range map[string]eventlog.Config{
			"no database":  {Clock: c, Secret: secretOf(1)},
			"no clock":     {DB: db, Secret: secretOf(1)},
			"short secret": {DB: db, Clock: c, Secret: secretOf(1)[:31]},
			"twice":        {DB: db, Clock: c, Secret: secretOf(1), Types: []eventlog.Type{posted, posted}},
			"reserved":     {DB: db, Clock: c, Secret: secretOf(1), Types: []eventlog.Type{{Name: "access.changed"}}},
		} {
			if _, err := eventlog.New(t.Context(), cfg); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})
}

// TestNodesOpenAtOnce opens the log of an empty database from several nodes at once.
func TestNodesOpenAtOnce(t *testing.T) {
	t.Parallel()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := eventlog.New(t.Context(), eventlog.Config{DB: db, Clock: noon(), Secret: secretOf(1)}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

// TestFirstEventsAtOnce begins a log from several changes at once.
func TestFirstEventsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w := workspace()
		var wg, meet sync.WaitGroup
		meet.Add(6)
		for range 6 {
			wg.Go(func() {
				_, err := b.Change(t.Context(), func(ctx context.Context, tx *eventlog.Tx) (string, error) {
					if b.db.Name() == "postgres" { // the one writer of SQLite lets nobody meet
						meet.Done()
						meet.Wait()
					}
					return "", tx.Append(ctx, w, eventlog.Draft{Type: posted})
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		events := b.all(t, w)
		contiguous(t, events, 1)
		if len(events) != 6 || b.head(t, w).Seq != 6 {
			t.Errorf("%d events, head %d", len(events), b.head(t, w).Seq)
		}
	})
}
