package faults_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// crowd is how many come back at once here; back is how soon all of them have to be.
const (
	crowd = 1000
	back  = 30 * time.Second
)

// TestReconnectsAtOnce opens many subscriptions at the same moment, three times over: each time all are back soon, meanwhile
// others are answered, and when all have gone the memory is as before.
func TestReconnectsAtOnce(t *testing.T) {
	t.Parallel()
	w := production(t, "--limit-streams=0")
	p := w.signedUp(t, "crowd")
	w.stands(t)
	before := w.resident(t)
	for range 3 {
		ctx, leave := context.WithCancel(t.Context())
		began := time.Now()
		var opening sync.WaitGroup
		var there atomic.Int64
		for range crowd {
			opening.Go(func() {
				if err := subscribed(ctx, w.URL(), p.Token, following(p)); err != nil {
					t.Error(err)
					return
				}
				there.Add(1)
			})
		}
		opening.Wait()
		if took := time.Since(began); there.Load() != crowd || took > back {
			t.Errorf("%d are back after %s", there.Load(), took)
		} else {
			t.Logf("%d are back after %s", crowd, took)
		}
		w.stands(t)
		leave()
	}
	w.settles(t, before)
}

// subscribed opens a socket with a subscription and returns when the server has begun it; the socket ends with the context.
func subscribed(ctx context.Context, url, token string, operation any) error {
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(url, "http"), &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = conn.CloseNow() })
	frames := []message{{Type: "connection_init", Payload: json.RawMessage(`{"authorization":"Bearer ` + token + `"}`)}, {ID: "a", Type: "subscribe"}, {Type: "ping"}}
	if frames[1].Payload, err = json.Marshal(operation); err != nil {
		return err
	}
	for _, f := range frames {
		b, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if err := conn.Write(ctx, websocket.MessageText, b); err != nil {
			return err
		}
	}
	// The pong comes after the acknowledgement, and the server takes messages in their order.
	for {
		_, b, err := conn.Read(ctx)
		if err != nil || strings.Contains(string(b), `"pong"`) {
			return err
		}
	}
}
