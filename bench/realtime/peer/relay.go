package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/gorilla/websocket"
)

// relay asks a provider for each subscription and hands the tokens on.
type relay struct {
	up  websocket.Upgrader
	url string
}

func (r *relay) publish(json.RawMessage) {}

func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	c, err := r.up.Upgrade(w, req, nil)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	ctx, stop := context.WithCancel(context.WithoutCancel(req.Context()))
	defer stop()
	for {
		var m struct{ Type string }
		if err := c.ReadJSON(&m); err != nil {
			return
		}
		switch m.Type {
		case "connection_init":
			err = c.WriteMessage(websocket.TextMessage, []byte(`{"type":"connection_ack"}`))
		case "subscribe":
			go r.hand(ctx, c)
		}
		if err != nil {
			return
		}
	}
}

// hand hands tokens on until either side ends.
func (r *relay) hand(ctx context.Context, c *websocket.Conn) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, strings.NewReader(`{"stream":true}`))
	if err != nil {
		return
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return
	}
	defer func() { _ = res.Body.Close() }() // the end of the stream
	lines := bufio.NewScanner(res.Body)
	for seq := 1; lines.Scan(); {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok {
			continue
		}
		var m struct {
			Choices []struct {
				Delta struct {
					Content string `json:"content"`
				} `json:"delta"`
			} `json:"choices"`
		}
		if json.Unmarshal(data, &m) != nil || len(m.Choices) == 0 {
			continue
		}
		frame := fmt.Appendf(nil, `{"id":"1","type":"next","payload":{"data":{"generationEvents":{"__typename":"TextDelta","seq":"%d","text":%q}}}}`, seq, m.Choices[0].Delta.Content)
		if c.WriteMessage(websocket.TextMessage, frame) != nil {
			return
		}
		seq++
	}
}
