package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"karnak/graph/transport/transporttest"
	"karnak/internal/platform/fault"
)

// board is a log that subscriptions read together. Everybody may see what is of their room, unless they were put out.
type board struct {
	mu      sync.Mutex
	posts   []post
	changed chan struct{}
	// rendered counts executions; alone, subscriptions that were answered on their own.
	rendered, alone atomic.Int64
	names           atomic.Int64
	out             map[string]bool
	closed          bool
}

// post is an event; put out, if it is about somebody, ends their subscriptions.
type post struct {
	text   string
	putOut string
}

func newBoard() *board { return &board{changed: make(chan struct{}), out: map[string]bool{}} }

func (b *board) post(p post) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.putOut != "" {
		b.out[p.putOut] = true
	}
	b.posts = append(b.posts, p)
	close(b.changed)
	b.changed = make(chan struct{})
}

// glance is somebody's feed; nobody's is that of all.
type glance struct {
	b    *board
	who  string
	seq  int64
	done bool
}

func (b *board) open(who string, after int64) *glance { return &glance{b: b, who: who, seq: after} }

func (g *glance) look() (Event, <-chan struct{}, error) {
	g.b.mu.Lock()
	defer g.b.mu.Unlock()
	for g.seq < int64(len(g.b.posts)) {
		p := g.b.posts[g.seq]
		g.seq++
		e := Event{Seq: g.seq, Value: p.text, Cursor: fmt.Sprint("cursor ", g.seq), Audience: "room"}
		if p.putOut != "" {
			if g.who == p.putOut {
				return Event{}, nil, fault.New(fault.Forbidden, "put out")
			}
			e.Concerns = func(f Feed) bool { return f.(*glance).who == p.putOut }
			if e.Silent = true; g.who != "" {
				continue
			}
		}
		return e, nil, nil
	}
	if g.b.closed {
		return Event{}, nil, io.EOF
	}
	return Event{}, g.b.changed, nil
}

func (g *glance) Next(ctx context.Context) (Event, error) {
	for {
		e, changed, err := g.look()
		if changed == nil {
			return e, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Event{}, ctx.Err()
		}
	}
}

func (g *glance) Poll(context.Context) (Event, bool, error) {
	e, changed, err := g.look()
	return e, changed == nil && err == nil, err
}

func (g *glance) Settled() (int64, bool) { return g.seq, true }
func (g *glance) Latest() int64 {
	g.b.mu.Lock()
	defer g.b.mu.Unlock()
	return int64(len(g.b.posts))
}
func (g *glance) Skip(seq int64) { g.seq = max(g.seq, seq) }
func (g *glance) Close()         { g.done = true }

type nameKey struct{}

// shared serves a board: who connects names themselves, and begins where they say.
func (b *board) shared(t *testing.T, c SocketConfig) (*Socket, func(name string, after int) *peer) {
	t.Helper()
	c.Init = func(ctx context.Context, payload json.RawMessage, _ *http.Request) (context.Context, *Session, error) {
		var in struct{ Name string }
		_ = json.Unmarshal(payload, &in)
		return context.WithValue(ctx, nameKey{}, in.Name), nil, nil
	}
	c.Share = b.share
	s := newSocket(t, c)
	srv := serve(t, streams(map[string]transporttest.Stream{"other": b.stream}), s)
	return s, func(name string, after int) *peer {
		p := dial(t, srv)
		p.send(fmt.Sprintf(`{"type":"connection_init","payload":{"name":%q}}`, name))
		p.want(`{"type":"connection_ack"}`)
		p.send(fmt.Sprintf(`{"id":"1","type":"subscribe","payload":{"query":"subscription($after:String){other(after:$after)}","variables":{"after":"%d"}}}`, after))
		return p
	}
}

// share is how subscriptions to the board are answered together. Who asks is with the connection, or behind the number.
func (b *board) share(oc *graphql.OperationContext) *Share {
	if strings.Contains(oc.RawQuery, "alone") {
		return nil
	}
	after := 0
	given, _ := oc.Variables["after"].(string)
	_, _ = fmt.Sscan(given, &after)
	return &Share{
		Key: oc.RawQuery,
		Open: func(ctx context.Context) (Feed, error) {
			who, ok := ctx.Value(nameKey{}).(string)
			if !ok {
				_, who, _ = strings.Cut(given, " ")
			}
			if b.isOut(who) {
				return nil, fault.New(fault.Forbidden, "put out")
			}
			return b.open(who, int64(after)), nil
		},
		All: func(context.Context) (Feed, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return &glance{b: b, seq: int64(len(b.posts))}, nil
		},
		For: func(ctx context.Context, e Event) context.Context { return WithOnly(ctx, e.Value) },
	}
}

func (b *board) isOut(who string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out[who]
}

// stream executes one event for all, or refuses who may not subscribe.
func (b *board) stream(ctx context.Context, _ map[string]any) (<-chan any, error) {
	text, ok := Only(ctx).(string)
	if !ok {
		b.alone.Add(1)
		return nil, fault.New(fault.Forbidden, "put out")
	}
	if ctx.Value(nameKey{}) != nil {
		return nil, errors.New("what is for all was executed for one")
	}
	b.rendered.Add(1)
	out := make(chan any, 1)
	out <- text
	close(out)
	return out, nil
}

func (p *peer) event(seq int) {
	p.t.Helper()
	p.want(fmt.Sprintf(`{"id":"1","type":"next","payload":{"data":{"other":"post %d"}}}`, seq))
}

func posted(seq int) post { return post{text: fmt.Sprint("post ", seq)} }

// TestSharedOnceForAll has many follow, some of them from the beginning: every event is executed once while they are live.
func TestSharedOnceForAll(t *testing.T) {
	t.Parallel()
	b := newBoard()
	s, join := b.shared(t, SocketConfig{})
	for i := range 5 {
		b.post(posted(i + 1))
	}
	var all []*peer
	for i := range 40 {
		p := join(fmt.Sprint("user ", i), i%6)
		for seq := i%6 + 1; seq <= 5; seq++ {
			p.event(seq)
		}
		all = append(all, p)
	}
	eventually(t, "everybody to be parked", func() bool { return parked(s) == len(all) })
	before := b.rendered.Load()
	for seq := 6; seq <= 25; seq++ {
		b.post(posted(seq))
	}
	for _, p := range all {
		for seq := 6; seq <= 25; seq++ {
			p.event(seq)
		}
	}
	if n := b.rendered.Load() - before; n != 20 {
		t.Errorf("20 events were executed %d times for %d subscribers", n, len(all))
	}
	all[0].send(`{"id":"1","type":"complete"}`)
	eventually(t, "one to be gone", func() bool { return parked(s) == len(all)-1 })
	all[0].send(`{"id":"1","type":"subscribe","payload":{"query":"subscription($after:String){other(after:$after)}","variables":{"after":"24"}}}`)
	all[0].event(25)
	b.post(posted(26))
	for _, p := range all {
		p.event(26)
	}
}

// TestSharedComingBack has one after the other catch up with the same: it is executed once, also for who comes when the one before has
// gone, until something happens, or a while has passed, after which nothing of it is kept.
func TestSharedComingBack(t *testing.T) {
	t.Parallel()
	const missed = 300
	b, c := newBoard(), manual()
	s, join := b.shared(t, SocketConfig{Clock: c})
	for seq := range missed {
		b.post(posted(seq + 1))
	}
	stays := join("who is there for something else", missed)
	stays.send(`{"id":"1","type":"complete"}`)
	back := func(to int) int64 {
		t.Helper()
		before := b.rendered.Load()
		p := join("one of them", 0)
		for seq := range to {
			p.event(seq + 1)
		}
		eventually(t, "them to be parked", func() bool { return parked(s) == 1 })
		p.send(`{"id":"1","type":"complete"}`)
		eventually(t, "them to be gone", func() bool { return parked(s) == 0 })
		return b.rendered.Load() - before
	}
	if first, second := back(missed), back(missed); first != missed || second != 0 {
		t.Errorf("%d events were executed %d times for the first and %d times for the second", missed, first, second)
	}
	b.post(posted(missed + 1))
	if n := back(missed + 1); n != missed+1 {
		t.Errorf("after one more event, which may have changed what the others look like, %d were executed", n)
	}
	c.Advance(keptFor)
	s.sweep()
	s.groups.mu.Lock()
	left := len(s.groups.all)
	s.groups.mu.Unlock()
	if n := back(missed + 1); n != missed+1 || left != 0 {
		t.Errorf("a while later %d groups are kept, and %d events were executed", left, n)
	}
}

// parked counts who is told by shards.
func parked(s *Socket) (n int) {
	s.groups.mu.Lock()
	defer s.groups.mu.Unlock()
	for _, g := range s.groups.all {
		for _, x := range g.shards {
			x.mu.Lock()
			n += len(x.live)
			x.mu.Unlock()
		}
	}
	return n
}

// TestSharedIdlesWithoutGoroutines counts what a subscriber costs who waits: the goroutine that reads its socket.
func TestSharedIdlesWithoutGoroutines(t *testing.T) {
	b := newBoard()
	s, join := b.shared(t, SocketConfig{})
	join("first", 0)
	eventually(t, "the first to be parked", func() bool { return parked(s) == 1 })
	before := runtime.NumGoroutine()
	for i := range 50 {
		join(fmt.Sprint("user ", i), 0)
	}
	eventually(t, "everybody to be parked", func() bool { return parked(s) == 51 })
	// The client and the server's side read, each; the other shards may have begun.
	eventually(t, "few goroutines", func() bool { return runtime.NumGoroutine()-before <= 50+50+len(s.groups.all)*runtime.GOMAXPROCS(0) })
}

// TestSharedRefusals: who may not subscribe is refused as anywhere; who is put out is told, and nothing later.
func TestSharedRefusals(t *testing.T) {
	t.Parallel()
	const putOut = `{"id":"1","type":"error","payload":[{"message":"FORBIDDEN: put out"}]}`
	b := newBoard()
	s, join := b.shared(t, SocketConfig{})
	ada, mo := join("ada", 0), join("mo", 0)
	eventually(t, "both to be parked", func() bool { return parked(s) == 2 })
	b.post(posted(1))
	b.post(post{putOut: "mo"})
	b.post(posted(3))
	ada.event(1)
	ada.event(3)
	mo.event(1)
	mo.wantError("1", "FORBIDDEN")
	late := join("mo", 0)
	late.want(putOut)
	if b.alone.Load() != 1 {
		t.Errorf("%d were refused on their own", b.alone.Load())
	}
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.post(posted(4))
	ada.event(4)
	ada.want(`{"id":"1","type":"complete"}`)
}

// TestSharedSlowOneIsRefilled has one who does not read beside others who do: nobody waits for it, and it misses nothing.
func TestSharedSlowOneIsRefilled(t *testing.T) {
	t.Parallel()
	b := newBoard()
	s, join := b.shared(t, SocketConfig{MaxQueued: 8, MaxQueuedBytes: 64 << 10, WriteTimeout: time.Minute})
	slow, quick := join("slow", 0), join("quick", 0)
	eventually(t, "both to be parked", func() bool { return parked(s) == 2 })
	big := strings.Repeat("x", 20<<10)
	const count = 600 // 12 MB, more than the kernel keeps
	go func() {
		for i := range count {
			b.post(post{text: fmt.Sprint(i, " ", big)})
		}
	}()
	for _, p := range []*peer{quick, slow} {
		for i := range count {
			got, err := p.read()
			if want := fmt.Sprintf(`"other":"%d x`, i); err != nil || !strings.Contains(got, want) {
				t.Fatalf("wanted %s, got %.80s: %v", want, got, err)
			}
		}
	}
}

// TestSharedInterleavings lets subscribers come, go, resume, be put out and read slowly while events happen: each is told
// every event after where they began, once and in order, and nothing behind their being put out.
func TestSharedInterleavings(t *testing.T) {
	t.Parallel()
	b := newBoard()
	_, join := b.shared(t, SocketConfig{MaxQueued: 16})
	rounds := 10_000
	if testing.Short() {
		rounds = 1000
	}
	var readers, writer sync.WaitGroup
	stop := make(chan struct{})
	writer.Go(func() {
		dice := rand.New(rand.NewPCG(7, 7))
		for seq := 1; ; seq++ {
			p := posted(seq)
			if dice.IntN(20) == 0 {
				p = post{putOut: fmt.Sprint("user ", b.names.Load()-dice.Int64N(12))}
			}
			b.post(p)
			select {
			case <-stop:
				return
			default:
			}
			if seq%50 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	})
	var left atomic.Int64
	left.Store(int64(rounds))
	for i := range 8 {
		readers.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(i), 1))
			for left.Load() > 0 && !t.Failed() {
				left.Add(-int64(b.once(t, join, dice) + 1))
			}
		})
	}
	readers.Wait()
	close(stop)
	writer.Wait()
}

// once is one subscriber's life; it returns how many events they were told.
func (b *board) once(t *testing.T, join func(string, int) *peer, dice *rand.Rand) (told int) {
	b.mu.Lock()
	head := len(b.posts)
	b.mu.Unlock()
	name, at := fmt.Sprint("user ", b.names.Add(1)), max(0, head-dice.IntN(60))
	p := join(name, at)
	defer func() { _ = p.ws.CloseNow() }()
	for range dice.IntN(200) {
		got, err := p.read()
		if err != nil {
			t.Error(err)
			return told
		}
		if strings.Contains(got, `"type":"error"`) {
			if !strings.Contains(got, "FORBIDDEN") || !b.isOut(name) {
				t.Errorf("%s: %s", name, got)
			}
			return told
		}
		b.mu.Lock()
		for at < len(b.posts) && b.posts[at].putOut != "" {
			if b.posts[at].putOut == name {
				t.Errorf("%s was put out by event %d and told %s", name, at+1, got)
			}
			at++
		}
		want := ""
		if at < len(b.posts) {
			want = fmt.Sprintf(`{"id":"1","type":"next","payload":{"data":{"other":%q}}}`, b.posts[at].text)
		}
		b.mu.Unlock()
		if got != want {
			t.Errorf("%s, after %d: got %s, want %s", name, at, got, want)
			return told
		}
		at++
		told++
	}
	return told
}
