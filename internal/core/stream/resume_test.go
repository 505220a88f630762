package stream_test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"karnak/internal/core/eventlog"
	"karnak/internal/core/stream"
)

// TestReadersGetTheExactSlice lets 8 writers write on two nodes while 24 readers read on both, each cut at random and
// resumed from its last cursor, and a third of the bus's messages are lost.
func TestReadersGetTheExactSlice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *wire, a, b *node) {
		const writers, changes, readers = 8, 40, 24
		dice := rand.New(rand.NewPCG(9, 9))
		w.drop = func() bool { return dice.IntN(3) == 0 }
		log, nodes, total := workspace(), []*node{a, b}, int64(writers*changes*3/2)
		stop := pulse(a.clock)
		defer stop()
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				for j := range changes {
					nodes[i%2].post(t, log, 1+j%2, eventlog.Draft{})
				}
			})
		}
		for i := range readers {
			wg.Go(func() { resuming(t, rand.New(rand.NewPCG(3, uint64(i))), nodes, log, total) })
		}
		wg.Wait()
	})
}

// resuming reads a log up to a number, on a node drawn anew after each cut.
func resuming(t *testing.T, dice *rand.Rand, nodes []*node, log string, total int64) {
	pos := int64(0)
	for pos < total {
		n := nodes[dice.IntN(len(nodes))]
		c := n.log.Cursor(log, pos)
		r, err := n.Read(t.Context(), stream.Spec{WorkspaceID: log, After: &c, Filter: everything, Allow: always})
		if err != nil {
			t.Error(err)
			return
		}
		for k := dice.IntN(40); k >= 0 && pos < total; k-- {
			item, err := r.Next(soon(t))
			if err != nil || item.Event == nil || item.Event.Seq != pos+1 || item.Event.WorkspaceID != log {
				t.Errorf("after %d came %+v: %v", pos, item, err)
				r.Close()
				return
			}
			if seq, err := n.log.Position(log, item.Event.Cursor, item.Event.Seq); err != nil || seq != item.Event.Seq {
				t.Errorf("event %d has a cursor of %d: %v", item.Event.Seq, seq, err)
			}
			pos++
		}
		r.Close()
	}
}

func TestLostHintsCostATickAndNoData(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *wire, a, b *node) {
		w.drop = func() bool { return true }
		log := workspace()
		a.post(t, log, 1, eventlog.Draft{})
		r := b.open(t, log, 0)
		take(t, r, 1, 1)
		a.post(t, log, 3, eventlog.Draft{})
		a.post(t, log, 1, eventlog.Draft{Type: revoked, SubjectID: "user_x"})
		stop := pulse(b.clock)
		take(t, r, 2, 5)
		stop()
		if e := <-b.told; e.SubjectID != "user_x" || e.Type != revoked.Name {
			t.Errorf("the node was told of %+v", e)
		}
	})
}

func TestHintsNeedNoTick(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, b *node) {
		log := workspace()
		a.post(t, log, 1, eventlog.Draft{})
		local, remote := a.open(t, log, 1), b.open(t, log, 1)
		for seq := int64(2); seq < 20; seq++ {
			a.post(t, log, 1, eventlog.Draft{})
			take(t, local, seq, seq)
			take(t, remote, seq, seq)
		}
		// Too much for a message of the bus: the other node is told the number alone.
		a.post(t, log, 40, eventlog.Draft{Data: strings.Repeat("x", 4000)})
		take(t, local, 20, 59)
		take(t, remote, 20, 59)
		b.post(t, log, 1, eventlog.Draft{})
		take(t, local, 60, 60)
		take(t, remote, 60, 60)
	})
}

func TestSlowReaderIsRefilledFromTheDatabase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, b *node) {
		log := workspace()
		a.post(t, log, 1, eventlog.Draft{})
		slow, quick, far := a.open(t, log, 0), a.open(t, log, 0), b.open(t, log, 0)
		for range 5 {
			a.post(t, log, 500, eventlog.Draft{})
		}
		take(t, quick, 1, 2501)
		a.post(t, log, 700, eventlog.Draft{})
		take(t, slow, 1, 3201)
		take(t, far, 1, 3201)
		take(t, quick, 2502, 3201)
	})
}

func TestFilterSkipsWithoutStopping(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *wire, a, _ *node) {
		log := workspace()
		for range 3 {
			a.post(t, log, 450, eventlog.Draft{ChannelID: "chan_other"})
			a.post(t, log, 1, eventlog.Draft{ChannelID: "chan_mine"})
		}
		c := a.log.Cursor(log, 0)
		r, err := a.Read(t.Context(), stream.Spec{WorkspaceID: log, After: &c, Allow: always,
			Filter: func() eventlog.Filter { return eventlog.Filter{Channels: []string{"chan_mine"}} }})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for _, want := range []int64{451, 902, 1353, 1804} {
			if want == 1804 { // from memory
				a.post(t, log, 450, eventlog.Draft{ChannelID: "chan_other"})
				a.post(t, log, 1, eventlog.Draft{ChannelID: "chan_mine"})
			}
			if item, err := r.Next(soon(t)); err != nil || item.Event.Seq != want {
				t.Fatalf("want %d: %+v: %v", want, item, err)
			}
		}
	})
}

func TestGarbageOnTheBus(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *wire, a, b *node) {
		log := workspace()
		a.post(t, log, 1, eventlog.Draft{})
		r := b.open(t, log, 1)
		for _, payload := range []string{
			"", "null", "{", "[]", `{"node":"x","events":[null]}`, `{"node":"x","seq":-5}`, `{"node":"x","seq":9e30}`,
			`{"node":"x","seq":2,"events":[{"workspaceId":"ws_other","seq":2}]}`, `{"node":"x","seq":99,"events":[{"workspaceId":"` + log + `","seq":99}]}`,
			`{"node":"x","seq":1,"events":[{"workspaceId":"` + log + `","seq":1,"type":"old"}]}`,
		} {
			for _, subject := range []string{"log." + log, "log.", "log.nowhere", "other." + log} {
				if err := w.Publish(subject, []byte(payload)); err != nil {
					t.Fatal(err)
				}
			}
		}
		a.post(t, log, 2, eventlog.Draft{})
		take(t, r, 2, 3)
	})
}
