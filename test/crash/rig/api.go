package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// API talks GraphQL to a server by POST, over connections that it keeps.
type API struct {
	url    string
	client *http.Client
}

// NewAPI returns a client of the server at an address; a request that takes longer than the limit fails.
func NewAPI(addr string, limit time.Duration) *API {
	return &API{"http://" + addr + "/graphql", &http.Client{Timeout: limit, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// Call is a request. From is the client's address, as a proxy tells it.
type Call struct {
	Token, Query string
	Vars         map[string]any
	Key, From    string
}

// Do sends a request and reads data into a value. An error of GraphQL is an *Error, any other error means that nothing is
// known of what the request did.
func (a *API) Do(ctx context.Context, c Call, into any) error {
	body, err := json.Marshal(map[string]any{"query": c.Query, "variables": c.Vars})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.GetBody = nil // no repetition that the ledger does not know of
	r.Header.Set("Content-Type", "application/json")
	for name, value := range map[string]string{"Authorization": bearer(c.Token), "Idempotency-Key": c.Key, "X-Forwarded-For": c.From} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	res, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it is read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	return decode(text, into)
}

func bearer(token string) string {
	if token == "" {
		return ""
	}
	return "Bearer " + token
}

// Error is an error of an answer.
type Error struct {
	Message    string `json:"message"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

func (e *Error) Error() string { return e.Extensions.Code + ": " + e.Message }

func decode(text []byte, into any) error {
	answer := struct {
		Data   any      `json:"data"`
		Errors []*Error `json:"errors"`
	}{Data: into}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("%w in %q", err, text)
	}
	if len(answer.Errors) > 0 {
		return answer.Errors[0]
	}
	return nil
}
