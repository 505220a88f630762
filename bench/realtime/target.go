package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"karnak/bench/machine"
)

// target is a server that is measured: what a socket sends, and how an event is made.
type target struct {
	server    *machine.Server
	init, sub string
	// after is sub for what comes after a cursor, under a name of the operation, which is another operation to the server; nil for a
	// server without cursors.
	after func(cursor, name string) string
	// publish makes an event that holds a text.
	publish func(ctx context.Context, text string) error
	// do makes a mutation that has to go well, in the workspace of that id.
	do        func(ctx context.Context, query string, vars map[string]string, into any) error
	workspace string
}

const (
	signUp = `mutation { signUp(input: {email: "bench@karnak.example", password: "correct horse battery", displayName: "Ada Okafor"}) { session { accessToken } userErrors { code } } }`
	create = `mutation { createWorkspace(input: {name: "Bench", slug: "bench"}) { workspace { id } userErrors { code } } }`
	open   = `mutation($w: ID!) { createChannel(input: {workspaceId: $w, name: "general"}) { channel { id } userErrors { code } } }`
	send   = `mutation($c: ID!, $b: String!) { sendMessage(input: {channelId: $c, body: $b}) { message { id } userErrors { code } } }`
	events = `subscription($c: ID!, $after: Cursor) { channelEvents(channelId: $c, after: $after) { __typename seq cursor ... on MessagePosted { message { id seq body createdAt author { id displayName } } } } }`
)

func (b *bench) start(ctx context.Context, name string) (*target, error) {
	addr, err := machine.FreeAddr(ctx)
	if err != nil {
		return nil, err
	}
	if name == karnak {
		return b.startKarnak(ctx, addr)
	}
	t := &target{init: `{"type":"connection_init"}`, sub: `{"id":"1","type":"subscribe","payload":{"query":"subscription{other}"}}`}
	t.publish = func(ctx context.Context, text string) error {
		const around = len(`{"id":"1","type":"next","payload":{"data":{"other":{"text":""}}}}`)
		body := fmt.Sprintf(`{"text":"%s%s"}`, text, strings.Repeat("x", max(0, b.frame-around-len(text))))
		_, err := post(ctx, "http://"+addr+"/publish", "", []byte(body))
		return err
	}
	t.server, err = machine.Start(ctx, b.cores, addr, b.peer, nil, "-addr="+addr, "-mode="+name)
	return t, err
}

func (b *bench) startKarnak(ctx context.Context, addr string, args ...string) (t *target, err error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	env := []string{"KARNAK_PROFILE=production", "KARNAK_LOG_LEVEL=warn", "KARNAK_SECRET=" + hex.EncodeToString(key)}
	s, err := machine.Start(ctx, b.cores, addr, b.karnak, env, append([]string{"serve", "--addr=" + addr, "--data-dir=" + b.folder, "--limit-streams=0"}, args...)...)
	if err != nil {
		return nil, err
	}
	t = &target{server: s}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	var made struct {
		SignUp          struct{ Session struct{ AccessToken string } }
		CreateWorkspace struct{ Workspace struct{ ID string } }
		CreateChannel   struct{ Channel struct{ ID string } }
		SendMessage     struct{ Message struct{ ID string } }
	}
	t.do = func(ctx context.Context, query string, vars map[string]string, into any) error {
		body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
		if err != nil {
			return err
		}
		b, err := post(ctx, "http://"+addr+"/graphql", made.SignUp.Session.AccessToken, body)
		if err != nil || bytes.Contains(b, []byte(`"errors"`)) || !bytes.Contains(b, []byte(`"userErrors":[]`)) {
			return fmt.Errorf("%s: %s: %w", query, b, err)
		}
		return json.Unmarshal(b, &struct{ Data any }{into})
	}
	if err := t.do(ctx, signUp, nil, &made); err != nil {
		return nil, err
	}
	if err := t.do(ctx, create, nil, &made); err != nil {
		return nil, err
	}
	t.workspace = made.CreateWorkspace.Workspace.ID
	if err := t.do(ctx, open, map[string]string{"w": t.workspace}, &made); err != nil {
		return nil, err
	}
	channel := made.CreateChannel.Channel.ID
	t.init = fmt.Sprintf(`{"type":"connection_init","payload":{"authorization":"Bearer %s"}}`, made.SignUp.Session.AccessToken)
	t.sub = subscribing(events, map[string]string{"c": channel})
	t.after = func(cursor, name string) string {
		return subscribing(strings.Replace(events, "subscription", "subscription "+name, 1), map[string]string{"c": channel, "after": cursor})
	}
	token := made.SignUp.Session.AccessToken
	t.publish = func(ctx context.Context, text string) error {
		body, err := json.Marshal(map[string]any{"query": send, "variables": map[string]string{"c": channel, "b": text + " the deploy went through, please have a look"}})
		if err != nil {
			return err
		}
		b, err := post(ctx, "http://"+addr+"/graphql", token, body)
		if err == nil && !bytes.Contains(b, []byte(`"userErrors":[]`)) {
			err = fmt.Errorf("send: %s", b)
		}
		return err
	}
	return t, nil
}

// subscribing is a message that begins a subscription.
func subscribing(query string, vars map[string]string) string {
	payload, _ := json.Marshal(map[string]any{"query": query, "variables": vars}) // texts always encode
	return fmt.Sprintf(`{"id":"1","type":"subscribe","payload":%s}`, payload)
}

// client keeps its connections, so that publishing costs little.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

func post(ctx context.Context, url, token string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it is read to its end
	return io.ReadAll(res.Body)
}
