package graph

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/privacy"
	"github.com/99designs/gqlgen/graphql"
	"github.com/lib/pq"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/graph/transport"
	"karnak/internal/platform/fault"
)

// secret is in every cause of these tests, and in no answer.
const secret = `SELECT "password_hash" FROM users at /srv/karnak/store.go:42 on db.internal:5432`

func TestPresent(t *testing.T) {
	t.Parallel()
	ended := func(end func(context.Context) (context.Context, context.CancelFunc)) context.Context {
		ctx, cancel := end(context.Background())
		cancel()
		return ctx
	}
	late := ended(func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithDeadline(ctx, time.Unix(1, 0))
	})
	gone := ended(context.WithCancel)
	document := func(code any) error {
		return &gqlerror.Error{Message: "Cannot query field.", Extensions: map[string]any{"code": code}}
	}
	stopped := &pq.Error{Code: "57014", Message: secret, Detail: secret}
	cause := errors.New(secret)
	cases := []struct {
		name    string
		ctx     context.Context
		err     error
		code    fault.Code
		message string
		retry   int64
		logged  bool
	}{
		{"anonymous", nil, fault.SignInNeeded(), fault.Unauthenticated, "Sign in", 0, false},
		{"denied", nil, fault.Denied("chat:write"), fault.Forbidden, "chat:write", 0, false},
		{"absent", nil, fault.Absent(), fault.NotFound, "no such object", 0, false},
		{"typed, in another error", nil, fmt.Errorf("%s: %w", secret, fault.Absent()), fault.NotFound, "no such object", 0, false},
		{"typed, on a path", nil, gqlerror.WrapPath(ast.Path{ast.PathName("a")}, fault.Absent()), fault.NotFound, "no such object", 0, false},
		{"typed, with a cause", nil, fault.Wrap(cause, fault.CursorExpired, "Too old."), fault.CursorExpired, "Too old.", 0, false},
		{"throttled", nil, fault.Throttle(1500 * time.Millisecond), fault.Throttled, "try again in 2 s", 1500, false},
		{"of validation", nil, document("GRAPHQL_VALIDATION_FAILED"), fault.BadUserInput, "Cannot query field.", 0, false},
		{"of parsing", nil, document("GRAPHQL_PARSE_FAILED"), fault.BadUserInput, "Cannot query field.", 0, false},
		{"of the guard", nil, document(string(fault.CostLimit)), fault.CostLimit, "Cannot query field.", 0, false},
		{"of the guard, with a typed code", nil, document(fault.DepthLimit), fault.DepthLimit, "Cannot query field.", 0, false},
		{"with a code of no known type", nil, document(7), fault.BadUserInput, "Cannot query field.", 0, false},
		{"a path with a strange cause", nil, gqlerror.WrapPath(ast.Path{ast.PathName("a")}, cause), fault.Internal, "Something went wrong", 0, true},
		{"out of time", nil, fmt.Errorf("%s: %w", secret, context.DeadlineExceeded), fault.Unavailable, "took too long", 0, false},
		{"stopped in the database, out of time", late, stopped, fault.Unavailable, "took too long", 0, false},
		{"given up", nil, fmt.Errorf("%s: %w", secret, context.Canceled), fault.Unavailable, "given up", 0, false},
		{"stopped in the database, given up", gone, stopped, fault.Unavailable, "given up", 0, false},
		{"no database", nil, fmt.Errorf("%s: %w", secret, driver.ErrBadConn), fault.Unavailable, "database is not available", 0, true},
		{"the database is full", nil, &pq.Error{Code: "53100", Message: secret}, fault.Unavailable, "database is not available", 0, true},
		{"a statement that is wrong", nil, &pq.Error{Code: "42601", Message: secret, Table: secret}, fault.Internal, "Something went wrong", 0, true},
		{"a broken foreign key", nil, &pq.Error{Code: "23503", Message: secret, Constraint: secret}, fault.Internal, "Something went wrong", 0, true},
		{"denied by a privacy rule", nil, fmt.Errorf("%s: %w", secret, privacy.Deny), fault.NotFound, "no such object", 0, true},
		{"a panic", nil, &transport.PanicError{Value: secret, Stack: []byte(secret)}, fault.Internal, "Something went wrong", 0, true},
		{"any other", nil, cause, fault.Internal, "Something went wrong", 0, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			if c.ctx == nil {
				c.ctx = context.Background()
			}
			shown := presenter{slog.New(slog.NewJSONHandler(&log, nil))}.Present(c.ctx, c.err)
			b, err := json.Marshal(shown)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{"SELECT", "password", "store.go", "db.internal", "5432"} {
				if bytes.Contains(b, []byte(s)) {
					t.Errorf("%q leaks in %s", s, b)
				}
			}
			x := shown.Extensions
			if x["code"] != string(c.code) || !strings.Contains(shown.Message, c.message) || x["retryable"] != c.code.Retryable() {
				t.Errorf("%s", b)
			}
			if _, ok := x["requestId"].(string); !ok {
				t.Errorf("no request id in %s", b)
			}
			if after, ok := x["retryAfterMs"]; ok != (c.retry > 0) || (ok && after != c.retry) {
				t.Errorf("retryAfterMs %v", after)
			}
			if got := log.Len() > 0; got != c.logged || (c.logged && !strings.Contains(log.String(), "db.internal") && !errors.Is(c.err, driver.ErrBadConn)) {
				t.Errorf("log: %q", log.String())
			}
		})
	}
}

func TestPresentTellsWhere(t *testing.T) {
	t.Parallel()
	p := presenter{slog.New(slog.DiscardHandler)}
	path := ast.Path{ast.PathName("a"), ast.PathIndex(3)}
	located := &gqlerror.Error{Err: fault.Absent(), Path: path, Locations: []gqlerror.Location{{Line: 2, Column: 5}}}
	if shown := p.Present(t.Context(), located); shown.Path.String() != "a[3]" || len(shown.Locations) != 1 {
		t.Errorf("%+v", shown)
	}
	ctx := graphql.WithPathContext(t.Context(), graphql.NewPathWithField("b"))
	if shown := p.Present(ctx, fault.Absent()); shown.Path.String() != "b" {
		t.Errorf("%+v", shown)
	}
}

func TestShownMasks(t *testing.T) {
	t.Parallel()
	if shown := Shown(t.Context(), fault.SignInNeeded()); shown.Extensions["code"] != "UNAUTHENTICATED" {
		t.Errorf("%+v", shown)
	}
}

func TestRecoveredKeepsTheStackForTheLog(t *testing.T) {
	t.Parallel()
	err := recovered(func() []byte { return []byte("where") })(t.Context(), "what")
	var p *transport.PanicError
	if !errors.As(err, &p) || p.Value != "what" || string(p.Stack) != "where" {
		t.Errorf("%#v", err)
	}
}
