package eventlog_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"karnak/authz"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/id"
)

// TestFilterMeansTheSameInMemoryAndInTheDatabase asks for random filters both ways.
func TestFilterMeansTheSameInMemoryAndInTheDatabase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		dice := rand.New(rand.NewPCG(4, 2))
		pick := func(of ...string) string { return of[dice.IntN(len(of))] }
		some := func(of ...string) (out []string) {
			for range dice.IntN(3) {
				out = append(out, pick(of...))
			}
			return out
		}
		w := workspace()
		all := types()
		for range 120 {
			b.write(as(t.Context(), pick("user_a", "user_b")), t, w, eventlog.Draft{Type: all[dice.IntN(len(all))], ChannelID: pick("", "", "chan_1", "chan_2")})
		}
		b.write(t.Context(), t, w, eventlog.Draft{Type: posted})
		events := b.all(t, w)
		for range 300 {
			f := eventlog.Filter{
				Types:  some("room.note.posted", "room.*", "gate.door_*", "gate.doorXa.*", "GATE.*", "*", "gate.%", "Room.note.posted", "none.*", ""),
				Actors: some("user_a", "user_b", "user_c"), Channels: some("chan_1", "chan_2", "chan_3"),
				NoChannel: dice.IntN(2) == 0, Public: dice.IntN(2) == 0, Access: dice.IntN(3) == 0,
			}
			var want []int64
			for _, e := range events {
				if b.Match(f, e) || f.Access && b.TypeOf(e.Type).Access {
					want = append(want, e.Seq)
				}
			}
			found, err := b.After(t.Context(), w, 0, 1<<62, f, 1000)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, e := range found {
				got = append(got, e.Seq)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%+v: the database has %v, memory %v", f, got, want)
			}
		}
	})
}

func TestAfterAndBefore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w, other := workspace(), workspace()
		for range 10 {
			b.write(t.Context(), t, w, eventlog.Draft{Type: posted})
			b.write(t.Context(), t, other, eventlog.Draft{Type: posted})
		}
		seqs := func(events []*eventlog.Event, err error) string {
			out := []int64{}
			for _, e := range events {
				if e.WorkspaceID != w {
					t.Errorf("an event of another log: %+v", e)
				}
				out = append(out, e.Seq)
			}
			if err != nil {
				t.Error(err)
			}
			return fmt.Sprint(out)
		}
		none := eventlog.Filter{}
		for want, got := range map[string]string{
			"[4 5 6]":             seqs(b.After(t.Context(), w, 3, 6, none, 100)),
			"[8 9]":               seqs(b.After(t.Context(), w, 7, 100, none, 2)),
			"[]":                  seqs(b.After(t.Context(), w, 10, 100, none, 100)),
			"[10 9 8]":            seqs(b.Before(t.Context(), w, 0, none, 3)),
			"[3 2 1]":             seqs(b.Before(t.Context(), w, 4, none, 10)),
			"[4 3]":               seqs(b.Before(t.Context(), w, 5, none, 2)),
			fmt.Sprint([]int64{}): seqs(b.Before(t.Context(), w, 1, none, 2)),
		} {
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		heads, err := b.Heads(t.Context(), []string{w, other, workspace(), id.Platform})
		if err != nil || heads[w].Seq != 10 || heads[other].Seq != 10 || len(heads) != 3 {
			t.Errorf("heads %v: %v", heads, err)
		}
	})
}

func TestTrim(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w, young := workspace(), workspace()
		for range 10 {
			b.write(t.Context(), t, w, eventlog.Draft{Type: posted})
			b.clock.Advance(time.Hour)
		}
		b.write(t.Context(), t, young, eventlog.Draft{Type: posted})
		start := b.clock.Now().Add(-10 * time.Hour)
		trim := func(before time.Time, removed int, floor int64) {
			t.Helper()
			n, err := b.Trim(t.Context(), func(string) time.Time { return before })
			h := b.head(t, w)
			if err != nil || n != removed || h.Floor != floor || h.Seq != 10 {
				t.Errorf("before %s: %d removed, head %+v: %v; want %d and the floor %d", before.Format(time.TimeOnly), n, h, err, removed, floor)
			}
		}
		trim(start, 0, 0)
		trim(start.Add(3*time.Hour), 3, 3)
		contiguous(t, b.all(t, w), 4)
		trim(start.Add(2*time.Hour), 0, 3)
		trim(b.clock.Now(), 7, 10)
		trim(b.clock.Now(), 0, 10)
		if n, err := b.Trim(t.Context(), func(log string) time.Time {
			if log == w {
				return time.Time{}
			}
			return start
		}); n != 0 || err != nil {
			t.Errorf("%d removed: %v", n, err)
		}
		if h := b.head(t, young); h.Floor != 0 || len(b.all(t, young)) != 1 {
			t.Errorf("a young log was cut: %+v", h)
		}
		b.write(t.Context(), t, w, eventlog.Draft{Type: posted})
		contiguous(t, b.all(t, w), 11)
	})
}

// TestTrimNeverLowersTheFloor lets two nodes trim, the one with the older clock last.
func TestTrimNeverLowersTheFloor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		w := workspace()
		b.write(t.Context(), t, w, eventlog.Draft{Type: posted}, eventlog.Draft{Type: posted}, eventlog.Draft{Type: posted, At: b.clock.Now().Add(time.Hour)})
		ctx := authz.System(t.Context(), "test")
		// What the faster node has done between this one's look and its change.
		err := b.db.InTx(ctx, raise(w, 5))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Trim(t.Context(), func(string) time.Time { return b.clock.Now().Add(time.Minute) }); err != nil {
			t.Fatal(err)
		}
		if h := b.head(t, w); h.Floor != 5 {
			t.Errorf("the floor fell to %d", h.Floor)
		}
	})
}
