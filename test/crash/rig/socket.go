package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/coder/websocket"
)

// Socket is a websocket that speaks graphql-transport-ws and has one subscription.
type Socket struct{ conn *websocket.Conn }

type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// Subscribe opens a socket to the server at an address and begins a subscription.
func Subscribe(ctx context.Context, addr, token, query string, vars map[string]any) (*Socket, error) {
	conn, res, err := websocket.Dial(ctx, "ws://"+addr+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	})
	if res != nil && res.Body != nil {
		_ = res.Body.Close() // of an upgrade there is none
	}
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(1 << 20)
	c := &Socket{conn}
	if err := c.begin(ctx, token, query, vars); err != nil {
		c.Cut()
		return nil, err
	}
	return c, nil
}

func (c *Socket) begin(ctx context.Context, token, query string, vars map[string]any) error {
	if err := c.write(ctx, "", "connection_init", map[string]string{"authorization": bearer(token)}); err != nil {
		return err
	}
	f, err := c.read(ctx)
	if err != nil {
		return err
	}
	if f.Type != "connection_ack" {
		return fmt.Errorf("%s instead of an acknowledgement", f.Type)
	}
	return c.write(ctx, "1", "subscribe", map[string]any{"query": query, "variables": vars})
}

func (c *Socket) write(ctx context.Context, id, kind string, payload any) error {
	p, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	b, err := json.Marshal(frame{id, kind, p})
	if err != nil {
		return err
	}
	return c.conn.Write(ctx, websocket.MessageText, b)
}

func (c *Socket) read(ctx context.Context) (f frame, err error) {
	for {
		_, b, err := c.conn.Read(ctx)
		if err != nil {
			return f, err
		}
		if f = (frame{}); json.Unmarshal(b, &f) != nil {
			return f, fmt.Errorf("junk: %q", b)
		}
		switch f.Type {
		case "ping":
			err = c.write(ctx, "", "pong", nil)
		case "pong":
		default:
			return f, nil
		}
		if err != nil {
			return f, err
		}
	}
}

// Next waits for the next event and reads data into a value. The end of the subscription by an error is an *Error.
func (c *Socket) Next(ctx context.Context, into any) error {
	f, err := c.read(ctx)
	switch {
	case err != nil:
		return err
	case f.Type == "next":
		return decode(f.Payload, into)
	case f.Type == "complete":
		return ErrComplete
	case f.Type != "error":
		return fmt.Errorf("%s instead of an event", f.Type)
	}
	var list []*Error
	if err := json.Unmarshal(f.Payload, &list); err != nil || len(list) == 0 {
		return fmt.Errorf("an error that cannot be read: %q", f.Payload)
	}
	return list[0]
}

// ErrComplete says that a subscription has ended because there is no more.
var ErrComplete = errors.New("the subscription is complete")

// Cut ends the connection without a word.
func (c *Socket) Cut() { _ = c.conn.CloseNow() }
