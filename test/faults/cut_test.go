package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/coder/websocket"

	"karnak/internal/app/apptest"
)

// scissors is a way to a server that is cut after a random number of bytes from it.
type scissors struct {
	*httptest.Server
	to   string
	most int
	cuts atomic.Int64
}

// between puts scissors before a server. Each connection ends after at most so many bytes.
func between(t *testing.T, to string, most int) *scissors {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	s := &scissors{to: u.Host, most: most}
	s.Server = httptest.NewServer(http.HandlerFunc(s.pass))
	t.Cleanup(s.Close)
	return s
}

func (s *scissors) pass(w http.ResponseWriter, r *http.Request) {
	near, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer near.Close()
	far, err := net.Dial("tcp", s.to)
	if err != nil {
		return
	}
	defer far.Close()
	if r.Write(far) != nil {
		return
	}
	go func() { _, _ = io.Copy(far, near); far.Close() }()
	// The handshake and the acknowledgement are some 300 bytes: some cuts fall into them.
	if _, err := io.CopyN(near, far, int64(200+rand.IntN(s.most))); err == nil {
		s.cuts.Add(1)
	}
}

// TestThousandCuts cuts the connection of a subscriber a thousand times in the middle of whatever comes, and has it resume
// after its last cursor: it gets every event once and in order.
func TestThousandCuts(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{Idle: true}, func(t *testing.T, n *apptest.Node) {
		// PostgreSQL, which shares its machine with other tests, has a quarter of them: what is cut is the same code.
		cuts, most := int64(1000), 1500
		if n.Engine == dialect.Postgres {
			cuts /= 4
		}
		p := n.SignUp(t, "Reader")
		channel := n.Channel(t, p, p.Personal, "general", "PUBLIC")
		way := between(t, n.URL, most)
		r := &resuming{url: way.URL + "/graphql", channel: channel, token: p.Token}
		r.cursor = n.Must(t, p.Token, `query($c:ID!){node(id:$c){... on Channel{cursor}}}`, apptest.Vars{"c": channel}).Text("node.cursor")
		var writing sync.WaitGroup
		stop := make(chan struct{})
		sent := 0
		writing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					n.Send(t, p, channel, fmt.Sprint("message ", sent+1))
					sent++
				}
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for way.cuts.Load() < cuts && ctx.Err() == nil {
			r.read(ctx, -1)
		}
		close(stop)
		writing.Wait()
		r.url = n.URL
		r.read(ctx, sent)
		for i, body := range r.got {
			if want := fmt.Sprint("message ", i+1); body != want {
				t.Fatalf("event %d is %q, want %q", i, body, want)
			}
		}
		if way.cuts.Load() < cuts || len(r.got) != sent || sent == 0 {
			t.Errorf("%d cuts, %d messages, %d arrived", way.cuts.Load(), sent, len(r.got))
		}
		t.Logf("%d cuts, %d messages", way.cuts.Load(), sent)
	})
}

// resuming reads a channel across connections.
type resuming struct {
	url, channel, token, cursor string
	got                         []string
}

// read connects and takes messages until there are so many, or until the connection ends.
func (r *resuming) read(ctx context.Context, until int) {
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(r.url, "http"), &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	variables := map[string]string{"c": r.channel, "a": r.cursor}
	for _, m := range []map[string]any{
		{"type": "connection_init", "payload": map[string]string{"authorization": "Bearer " + r.token}},
		{"type": "subscribe", "id": "s", "payload": map[string]any{"variables": variables,
			"query": "subscription($c:ID!,$a:Cursor){channelEvents(channelId:$c,after:$a){cursor ... on MessagePosted{message{body}}}}"}},
	} {
		b, _ := json.Marshal(m)
		if conn.Write(ctx, websocket.MessageText, b) != nil {
			return
		}
	}
	for until < 0 || len(r.got) < until {
		_, b, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var m struct {
			Type    string
			Payload struct {
				Data struct {
					ChannelEvents struct {
						Cursor  string
						Message *struct{ Body string }
					}
				}
			}
		}
		if json.Unmarshal(b, &m) != nil || m.Type != "next" {
			continue
		}
		r.cursor = m.Payload.Data.ChannelEvents.Cursor
		if x := m.Payload.Data.ChannelEvents.Message; x != nil {
			r.got = append(r.got, x.Body)
		}
	}
}
