package stream_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"karnak/internal/core/eventlog"
	"karnak/internal/core/stream"
	"karnak/internal/platform/id"
)

var errShut = errors.New("no longer let in")

// gate lets readers in until it is shut, or until an instant.
type gate struct {
	closed atomic.Bool
	until  atomic.Pointer[time.Time]
	asked  atomic.Int64
	// types are those that readers want; all where there are none.
	types []string
}

func (g *gate) shut() { g.closed.Store(true) }

func (g *gate) allow(context.Context) (time.Time, error) {
	g.asked.Add(1)
	if g.closed.Load() {
		return time.Time{}, errShut
	}
	if u := g.until.Load(); u != nil {
		return *u, nil
	}
	return time.Time{}, nil
}

func (g *gate) open(t *testing.T, n *node, log string, after int64) *stream.Reader {
	t.Helper()
	c := n.log.Cursor(log, after)
	r, err := n.Read(t.Context(), stream.Spec{WorkspaceID: log, After: &c, Filter: func() eventlog.Filter { return eventlog.Filter{Types: g.types} }, Allow: g.allow})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// TestNothingIsReadThatWasCommittedAfterTheRevocation revokes while writers write; every reader, on both nodes and however
// far behind, reads what was before the revocation and nothing behind it.
func TestNothingIsReadThatWasCommittedAfterTheRevocation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, b *node) {
		log := workspace()
		a.post(t, log, 20, eventlog.Draft{})
		g := &gate{types: []string{posted.Name}}
		var readers []*stream.Reader
		for _, n := range []*node{a, b} {
			readers = append(readers, g.open(t, n, log, 0), g.open(t, n, log, 20))
		}
		for range 30 {
			a.post(t, log, 1, eventlog.Draft{})
		}
		g.shut() // what the transaction below commits
		a.post(t, log, 1, eventlog.Draft{Type: revoked})
		for range 30 {
			b.post(t, log, 1, eventlog.Draft{})
		}
		for i, r := range readers {
			for seq := int64(1 + 20*(i%2)); ; seq++ {
				item, err := r.Next(soon(t))
				if errors.Is(err, errShut) {
					if seq != 51 {
						t.Errorf("reader %d ended before event %d, want before 51", i, seq)
					}
					break
				}
				if err != nil || item.Event.Seq != seq || seq > 50 {
					t.Fatalf("reader %d: %+v: %v", i, item, err)
				}
			}
			if _, err := r.Next(soon(t)); err == nil {
				t.Errorf("reader %d reads on after its end", i)
			}
		}
	})
}

func TestAccessEventsAskAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, _ *node) {
		log := workspace()
		a.post(t, log, 1, eventlog.Draft{})
		g := &gate{}
		r := g.open(t, a, log, 1)
		for i := range int64(5) {
			a.post(t, log, 1, eventlog.Draft{})
			a.post(t, log, 1, eventlog.Draft{Type: revoked})
			take(t, r, 2+2*i, 3+2*i)
			if n := g.asked.Load(); n != 2+i {
				t.Errorf("asked %d times after %d access events", n, i+1)
			}
		}
		// The filter is asked for anew with each check: what is wanted may have shrunk.
		var wanted atomic.Pointer[eventlog.Filter]
		wanted.Store(&eventlog.Filter{Channels: []string{"chan_1", "chan_2"}})
		c := a.log.Cursor(log, 11)
		r2, err := a.Read(t.Context(), stream.Spec{WorkspaceID: log, After: &c, Allow: always, Filter: func() eventlog.Filter { return *wanted.Load() }})
		if err != nil {
			t.Fatal(err)
		}
		defer r2.Close()
		a.post(t, log, 1, eventlog.Draft{ChannelID: "chan_2"})
		take(t, r2, 12, 12)
		wanted.Store(&eventlog.Filter{Channels: []string{"chan_1"}})
		a.post(t, log, 1, eventlog.Draft{Type: revoked, ChannelID: "chan_2"})
		a.post(t, log, 1, eventlog.Draft{ChannelID: "chan_2"})
		a.post(t, log, 1, eventlog.Draft{ChannelID: "chan_1"})
		take(t, r2, 15, 15)
	})
}

func TestRightThatEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, _ *node) {
		log := workspace()
		a.post(t, log, 3, eventlog.Draft{})
		end := noon().Add(10 * time.Second)
		waiting, behind, renewed := &gate{}, &gate{}, &gate{}
		for _, g := range []*gate{waiting, behind, renewed} {
			g.until.Store(&end)
		}
		idle, busy, longer := waiting.open(t, a, log, 3), behind.open(t, a, log, 0), renewed.open(t, a, log, 0)
		take(t, busy, 1, 1)
		take(t, longer, 1, 1)
		ended := make(chan error, 1)
		go func() {
			_, err := idle.Next(soon(t))
			ended <- err
		}()
		a.clock.Advance(10*time.Second - time.Microsecond)
		take(t, busy, 2, 2)
		if waiting.asked.Load() != 1 || behind.asked.Load() != 1 {
			t.Error("asked again before the end")
		}
		waiting.shut()
		behind.shut()
		later := end.Add(time.Hour)
		renewed.until.Store(&later)
		stop := pulse(a.clock)
		if err := <-ended; !errors.Is(err, errShut) {
			t.Errorf("the reader that waits: %v", err)
		}
		stop()
		if item, err := busy.Next(soon(t)); !errors.Is(err, errShut) {
			t.Errorf("the reader that is behind: %+v: %v", item, err)
		}
		take(t, longer, 2, 3)
		if renewed.asked.Load() != 2 {
			t.Errorf("the renewed right was asked for %d times", renewed.asked.Load())
		}
	})
}

func TestReadRefusedAtTheDoor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, _ *node) {
		g := &gate{}
		g.shut()
		if _, err := a.Read(t.Context(), stream.Spec{WorkspaceID: workspace(), Filter: everything, Allow: g.allow}); !errors.Is(err, errShut) {
			t.Error(err)
		}
	})
}

func TestOtherNodesHearOfAccessEventsFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, b *node) {
		log := workspace()
		a.post(t, log, 1, eventlog.Draft{})
		c := b.log.Cursor(log, 1)
		heard := 0
		r, err := b.Read(t.Context(), stream.Spec{WorkspaceID: log, After: &c, Filter: everything, Allow: func(context.Context) (time.Time, error) {
			heard = len(b.told)
			return time.Time{}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		a.post(t, log, 1, eventlog.Draft{Type: revoked, SubjectID: "user_x"})
		take(t, r, 2, 2)
		if heard == 0 || len(a.told) != 0 {
			t.Errorf("at the check the node had heard of %d events; the node that wrote was told of %d", heard, len(a.told))
		}
	})
}

func TestCloseEndsReaders(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, b *node) {
		log := workspace()
		a.post(t, log, 1, eventlog.Draft{})
		var wg sync.WaitGroup
		for range 10 {
			r := b.open(t, log, 1)
			wg.Go(func() {
				if _, err := r.Next(soon(t)); !errors.Is(err, stream.ErrClosed) {
					t.Error(err)
				}
			})
		}
		b.Close()
		wg.Wait()
		b.Close()
		if _, err := b.Read(t.Context(), stream.Spec{WorkspaceID: workspace(), Filter: everything, Allow: always}); !errors.Is(err, stream.ErrClosed) {
			t.Errorf("a reader after Close: %v", err)
		}
		b.post(t, log, 3, eventlog.Draft{}) // writing goes on
		take(t, a.open(t, log, 1), 2, 4)
	})
}

func TestContextEndsNext(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, _ *node) {
		log := workspace()
		a.post(t, log, 2, eventlog.Draft{})
		r := a.open(t, log, 1)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		take(t, r, 2, 2)
		ctx, cancel = context.WithCancel(t.Context())
		done := make(chan error)
		go func() { _, err := r.Next(ctx); done <- err }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		a.post(t, log, 1, eventlog.Draft{})
		take(t, r, 3, 3)
		r.Close()
		r.Close()
	})
}

func TestNewNeedsEverything(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *wire, a, _ *node) {
		good := stream.Config{Log: a.log, Bus: w, Clock: a.clock, Logger: slog.New(slog.DiscardHandler), Node: id.New(id.Request), Changed: func(*eventlog.Event) {}}
		for i, take := range []func(*stream.Config){
			func(c *stream.Config) { c.Log = nil }, func(c *stream.Config) { c.Bus = nil }, func(c *stream.Config) { c.Clock = nil },
			func(c *stream.Config) { c.Logger = nil }, func(c *stream.Config) { c.Node = "" }, func(c *stream.Config) { c.Changed = nil },
		} {
			c := good
			take(&c)
			if _, err := stream.New(c); err == nil {
				t.Errorf("case %d: no error", i)
			}
		}
	})
}
