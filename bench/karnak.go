package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"karnak/bench/dataset"
	"karnak/bench/machine"
)

// startKarnak runs karnak with the profile and the log level of production. The client says where its users come from, as a
// proxy does, since one address may not sign everybody in.
func (b *bench) startKarnak(ctx context.Context, d *database) (*machine.Server, error) {
	addr, err := machine.FreeAddr(ctx)
	if err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	env := []string{"KARNAK_PROFILE=production", "KARNAK_LOG_LEVEL=warn", "KARNAK_SECRET=" + hex.EncodeToString(key), "KARNAK_TRUSTED_PROXIES=127.0.0.1/32"}
	return machine.Start(ctx, b.cores, addr, b.karnak, env, append([]string{"serve", "--addr=" + addr}, d.flags...)...)
}

const signIn = `mutation($email: String!) { signIn(input: {email: $email, password: "` + dataset.Password + `"}) { session { accessToken } userErrors { code } } }`

// signInAll returns an access token of each place's user.
func signInAll(ctx context.Context, s *machine.Server, places []dataset.Place) ([]string, error) {
	tokens := make([]string, len(places))
	for i, p := range places {
		var answer struct {
			Data struct {
				SignIn struct{ Session struct{ AccessToken string } }
			}
		}
		body, err := post(ctx, s, fmt.Sprintf("10.0.%d.%d", i/250, i%250+1), graphQL(signIn, map[string]string{"email": p.Email}))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, &answer); err != nil || answer.Data.SignIn.Session.AccessToken == "" {
			return nil, fmt.Errorf("sign in as %s: %s", p.Email, body)
		}
		tokens[i] = answer.Data.SignIn.Session.AccessToken
	}
	return tokens, nil
}

func post(ctx context.Context, s *machine.Server, from string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Addr+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", from)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it is read to its end
	return io.ReadAll(res.Body)
}

// graphQL makes the body of a request. The floor reads its variables from the same place.
func graphQL(query string, variables any) []byte {
	b, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil // strings always encode
	}
	return b
}

// startFloor runs the floor on the same database.
func (b *bench) startFloor(ctx context.Context, d *database) (*machine.Server, error) {
	addr, err := machine.FreeAddr(ctx)
	if err != nil {
		return nil, err
	}
	return machine.Start(ctx, b.cores, addr, b.floor, nil, "-engine="+d.engine, "-database="+d.where, "-addr="+addr)
}
