package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"karnak/authz"
	"karnak/graph/transport"
	"karnak/internal/domain/identity"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
	"karnak/internal/platform/telemetry"
)

// handshake is what a socket's operations know of its handshake. Who they are for is not among it: see initialise.
func handshake(r *http.Request) context.Context {
	ctx := r.Context()
	return identity.WithClient(telemetry.WithRequest(context.Background(), telemetry.RequestID(ctx), telemetry.Client(ctx)), clientOf(r))
}

// initialise decides about a socket by the token in connection_init, or else in the handshake. Without a token it is anonymous. The
// socket ends with the token and with the session.
func (a *App) initialise(ctx context.Context, payload json.RawMessage, r *http.Request) (context.Context, *transport.Session, error) {
	token, err := bearer(payload)
	if err == nil && token == "" {
		token = r.Header.Get("Authorization")
	}
	if err != nil || token == "" {
		return ctx, &transport.Session{}, err
	}
	// The connection's own context would remember that something hung on it.
	asking := context.WithoutCancel(ctx)
	caller, err := a.caller(asking, token)
	if err != nil {
		return nil, nil, err
	}
	l := &link{}
	watch := func(end func(error)) (stop func()) { return a.watch(asking, token, caller, l, end) }
	return identity.WithLink(authz.WithActor(ctx, caller.Actor), l), &transport.Session{Watch: watch}, nil
}

// streamSession returns what a stream of server-sent events hangs on: the token of its request and the session.
func (a *App) streamSession(r *http.Request) (context.Context, error) {
	token := r.Header.Get("Authorization")
	if token == "" {
		return nil, nil
	}
	caller, err := a.caller(r.Context(), token)
	if err != nil {
		return nil, err
	}
	life, end := context.WithCancelCause(r.Context())
	stop := a.watch(life, token, caller, &link{}, func(err error) { end(err) })
	context.AfterFunc(life, stop)
	var ended *fault.Error
	if errors.As(context.Cause(life), &ended) {
		return nil, ended
	}
	return life, nil
}

// watch ends a connection with the caller's session, and a little after the token unless its link is renewed.
func (a *App) watch(ctx context.Context, token string, caller *identity.Caller, l *link, end func(error)) (stop func()) {
	l.end = end
	l.Renew(caller.Expires)
	detach := a.rooms.identity.OnEnd(caller.Actor.SessionID, func() {
		end(&transport.CloseError{Code: 4403, Reason: "the session has ended"})
	})
	a.links.add(l)
	// The session may have ended between the look at it and the hook.
	if _, err := a.caller(ctx, token); err != nil {
		end(err)
	}
	return func() {
		detach()
		a.links.remove(l)
	}
}

// bearer reads {"authorization": "Bearer …"}.
func bearer(payload json.RawMessage) (string, error) {
	if len(payload) == 0 || string(payload) == "null" {
		return "", nil
	}
	var in map[string]json.RawMessage
	if err := json.Unmarshal(payload, &in); err != nil {
		return "", &transport.CloseError{Code: 4400, Reason: "the payload of connection_init is an object"}
	}
	for k, v := range in {
		if strings.EqualFold(k, "authorization") {
			var s string
			if err := json.Unmarshal(v, &s); err != nil {
				return "", &transport.CloseError{Code: 4400, Reason: "authorization is a string"}
			}
			return s, nil
		}
	}
	return "", nil
}

// begin gives an operation over a socket its request id, and the caller's memberships as they are now.
func (a *App) begin(ctx context.Context) context.Context {
	ctx = telemetry.WithRequestID(ctx, id.New(id.Request))
	actor := authz.ActorOf(ctx)
	if actor == nil {
		return ctx
	}
	ids, err := a.guard.Workspaces(ctx, actor.UserID)
	if err != nil {
		return ctx
	}
	return authz.WithActor(ctx, authz.NewActor(actor.UserID, actor.SessionID, actor.Super, ids))
}

// origin lets sockets of the same host and of the configured origins in, and clients that are no browsers.
func (a *App) origin(r *http.Request) bool {
	o := r.Header.Get("Origin")
	if o == "" || a.allowed(o) {
		return true
	}
	u, err := url.Parse(o)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}
