package stream_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/internal/core/eventlog"
	"karnak/internal/core/stream"
	"karnak/internal/platform/fault"
)

func (n *node) trim(t *testing.T, before time.Time) {
	t.Helper()
	if _, err := n.log.Trim(t.Context(), func(string) time.Time { return before }); err != nil {
		t.Error(err)
	}
}

func TestCursorsThatAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, _ *node) {
		log, other := workspace(), workspace()
		a.post(t, log, 5, eventlog.Draft{At: noon().Add(-time.Hour)})
		a.post(t, log, 5, eventlog.Draft{})
		a.post(t, other, 5, eventlog.Draft{})
		a.trim(t, noon())
		for name, c := range map[string]struct {
			cursor string
			want   fault.Code
		}{
			"too old":    {a.log.Cursor(log, 4), fault.CursorExpired},
			"the start":  {a.log.Cursor(log, 0), fault.CursorExpired},
			"ahead":      {a.log.Cursor(log, 11), fault.BadUserInput},
			"foreign":    {a.log.Cursor(other, 2), fault.BadUserInput},
			"made up":    {"AAAA", fault.BadUserInput},
			"empty":      {"", fault.BadUserInput},
			"just right": {a.log.Cursor(log, 5), ""},
			"the head":   {a.log.Cursor(log, 10), ""},
		} {
			r, err := a.Read(t.Context(), stream.Spec{WorkspaceID: log, After: &c.cursor, Filter: everything, Allow: always})
			if err == nil {
				r.Close()
			}
			if (err != nil) != (c.want != "") || err != nil && fault.CodeOf(err) != c.want {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
		take(t, a.open(t, log, 5), 6, 10)
	})
}

func TestGapWhereRetentionPassesAReader(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, _ *node) {
		log := workspace()
		a.post(t, log, 30, eventlog.Draft{At: noon().Add(-time.Hour)})
		a.post(t, log, 20, eventlog.Draft{})
		r := a.open(t, log, 0)
		a.trim(t, noon())
		item, err := r.Next(soon(t))
		if err != nil || item.Gap == nil || item.Gap.From != 1 || item.Gap.To != 30 || !item.Gap.At.Equal(noon()) {
			t.Fatalf("want the gap 1 to 30: %+v: %v", item.Gap, err)
		}
		if seq, err := a.log.Position(log, item.Gap.Cursor, 50); err != nil || seq != 30 {
			t.Errorf("the gap's cursor is %d: %v", seq, err)
		}
		take(t, r, 31, 50)
		a.post(t, log, 1, eventlog.Draft{})
		take(t, r, 51, 51)
	})
}

// vanish leaves a log as if events up to a number had been written and trimmed at one stroke.
func (n *node) vanish(t *testing.T, log string, to int64) {
	t.Helper()
	err := n.db.InTx(authz.System(t.Context(), "test"), func(ctx context.Context, tx *ent.Tx) error {
		return errors.Join(tx.EventHead.UpdateOneID(log).SetSeq(to).SetFloor(to).Exec(ctx),
			tx.Exec(ctx, "DELETE FROM events WHERE workspace_id = '"+log+"'", []any{}, nil))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestGapOnANodeThatHeardNothing loses the hints of what is trimmed before the other node has seen it.
func TestGapOnANodeThatHeardNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *wire, a, b *node) {
		w.drop = func() bool { return true }
		for _, rest := range []int{0, 10, 600} {
			log := workspace()
			a.post(t, log, 10, eventlog.Draft{})
			r, late := b.open(t, log, 10), b.open(t, log, 0)
			take(t, late, 1, 10)
			a.vanish(t, log, 30)
			stop := pulse(b.clock)
			for range rest {
				a.post(t, log, 1, eventlog.Draft{})
			}
			for _, x := range []*stream.Reader{r, late} {
				item, err := x.Next(soon(t))
				if err != nil || item.Gap == nil || item.Gap.From != 11 || item.Gap.To != 30 {
					t.Fatalf("with %d more, want the gap 11 to 30: %+v: %v", rest, item, err)
				}
				take(t, x, 31, 30+int64(rest))
			}
			a.post(t, log, 1, eventlog.Draft{})
			take(t, r, 31+int64(rest), 31+int64(rest))
			stop()
		}
	})
}

// TestGapIsAChanceToLookAgain hides a revocation in a gap.
func TestGapIsAChanceToLookAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, b *node) {
		log := workspace()
		a.post(t, log, 10, eventlog.Draft{})
		g := &gate{}
		r := g.open(t, b, log, 0)
		take(t, r, 1, 10)
		g.shut()
		a.vanish(t, log, 30)
		stop := pulse(b.clock)
		defer stop()
		if item, err := r.Next(soon(t)); !errors.Is(err, errShut) {
			t.Errorf("the reader went on past the gap: %+v: %v", item, err)
		}
	})
}

// TestNoSilentGap trims without rest while readers begin again and again where they were: what is missing is told.
func TestNoSilentGap(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, b *node) {
		log := workspace()
		const rounds = 150
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for _, n := range []*node{a, b} {
			wg.Go(func() { jumping(ctx, t, n, log) })
		}
		for range rounds {
			a.post(t, log, 5, eventlog.Draft{})
			a.clock.Advance(time.Second)
			a.trim(t, a.clock.Now().Add(-1500*time.Millisecond))
		}
		stop()
		wg.Wait()
	})
}

// jumping opens a reader for each few events; nothing may be missing but what a gap or an expired cursor tells of.
func jumping(ctx context.Context, t *testing.T, n *node, log string) {
	pos := int64(0)
	for ctx.Err() == nil {
		c := n.log.Cursor(log, pos)
		r, err := n.Read(ctx, stream.Spec{WorkspaceID: log, After: &c, Filter: everything, Allow: always})
		if fault.CodeOf(err) == fault.CursorExpired {
			h, _ := n.log.Head(ctx, log)
			pos = max(pos, h.Floor)
			continue
		}
		if err != nil {
			if !errors.Is(err, context.Canceled) && ctx.Err() == nil {
				t.Error(err)
			}
			return
		}
		for range 4 {
			item, err := r.Next(ctx)
			if err != nil {
				break
			}
			switch {
			case item.Gap != nil && item.Gap.From == pos+1:
				pos = item.Gap.To
			case item.Event != nil && item.Event.Seq == pos+1:
				pos++
			default:
				t.Errorf("after %d came %+v %+v", pos, item.Event, item.Gap)
				pos = 1 << 40
			}
		}
		r.Close()
		if pos == 1<<40 {
			return
		}
	}
}
