package graph

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"karnak/internal/core/eventlog"
	"karnak/internal/domain/chat"
	"karnak/internal/platform/fault"
)

const send = `mutation($input: SendMessageInput!) { sendMessage(input: $input) { clientMutationId userErrors { code field message } } }`

func input(more ...any) map[string]any {
	in := map[string]any{"channelId": "chan_a", "body": "hello"}
	for i := 0; i+1 < len(more); i += 2 {
		in[more[i].(string)] = more[i+1]
	}
	return map[string]any{"input": in}
}

func TestMutationErrors(t *testing.T) {
	t.Parallel()
	both := fault.Issues{{Code: fault.Required, Field: []string{"input", "body"}, Message: "a"}, {Code: fault.Conflict, Message: "b"}}
	cases := []struct {
		name string
		err  error
		code string   // of a top-level error
		user []string // code and field of user errors
	}{
		{"all faults of an input", both.Err(), "", []string{"REQUIRED [input body]", "CONFLICT []"}},
		{"wrapped faults", fmt.Errorf("%s: %w", secret, both.Err()), "", []string{"REQUIRED [input body]", "CONFLICT []"}},
		{"an object that is not there", fault.Absent(), "", []string{"NOT_FOUND []"}},
		{"denied", fault.Denied("chat:write"), "FORBIDDEN", nil},
		{"anonymous", fault.SignInNeeded(), "UNAUTHENTICATED", nil},
		{"a key used twice", fault.New(fault.IdempotencyConflict, "x"), "IDEMPOTENCY_CONFLICT", nil},
		{"throttled", fault.Throttle(1), "THROTTLED", nil},
		{"bad input without faults to mend", fault.New(fault.BadUserInput, "x"), "BAD_USER_INPUT", nil},
		{"any other", errors.New(secret), "INTERNAL", nil},
	}
	for _, c := range cases {
		for _, partly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, with a payload %v", c.name, partly), func(t *testing.T) {
				t.Parallel()
				s := serve(t, config(&stub{send: func(context.Context, chat.SendMessageInput) (*chat.SendMessagePayload, error) {
					if partly {
						return &chat.SendMessagePayload{}, c.err
					}
					return nil, c.err
				}}))
				a := ask(t, s, send, input("clientMutationId", "mine"))
				if strings.Contains(a.body, "SELECT") || a.code() != c.code {
					t.Fatalf("%d: %s", a.status, a.body)
				}
				if c.code != "" {
					if a.Data.SendMessage != nil {
						t.Errorf("a payload beside the error: %s", a.body)
					}
					return
				}
				p := a.Data.SendMessage
				var got []string
				for _, u := range p.UserErrors {
					got = append(got, fmt.Sprint(u.Code, " ", u.Field))
				}
				if !slices.Equal(got, c.user) || p.ClientMutationID == nil || *p.ClientMutationID != "mine" {
					t.Errorf("%s", a.body)
				}
			})
		}
	}
}

func TestClientMutationID(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		in   map[string]any
		want *string
		code string
	}{
		{"none", input(), nil, ""},
		{"null", input("clientMutationId", nil), nil, ""},
		{"empty", input("clientMutationId", ""), new(""), ""},
		{"one with quotes", input("clientMutationId", `'"$1<svg>`), new(`'"$1<svg>`), ""},
		{"the longest", input("clientMutationId", strings.Repeat("é", longestKey)), new(strings.Repeat("é", longestKey)), ""},
		{"too long", input("clientMutationId", strings.Repeat("x", longestKey+1)), nil, "BAD_USER_INPUT"},
		{"NUL", input("clientMutationId", "a\x00"), nil, "BAD_USER_INPUT"},
		{"a line break", input("clientMutationId", "a\nb"), nil, "BAD_USER_INPUT"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ran := false
			s := serve(t, config(&stub{send: func(_ context.Context, in chat.SendMessageInput) (*chat.SendMessagePayload, error) {
				ran = true
				return nil, fault.Absent()
			}}))
			a := ask(t, s, send, c.in)
			if a.code() != c.code || ran != (c.code == "") {
				t.Fatalf("ran %v: %s", ran, a.body)
			}
			if c.code != "" {
				return
			}
			if got := a.Data.SendMessage.ClientMutationID; (got == nil) != (c.want == nil) || (got != nil && *got != *c.want) {
				t.Errorf("%s", a.body)
			}
		})
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	const field = `sendMessage(input: $input) %s { clientMutationId userErrors { code field message } }`
	one := func(directive string) string {
		return "mutation($input: SendMessageInput!) { " + fmt.Sprintf(field, directive) + " }"
	}
	two := "mutation($input: SendMessageInput!) { " + fmt.Sprintf(field, "") + " b: " + fmt.Sprintf(field, "") + " }"
	fragment := "mutation($input: SendMessageInput!) { ...F } fragment F on Mutation { " + fmt.Sprintf(field, "") + " }"
	cases := []struct {
		name, query, header string
		key                 string
		refused             bool
	}{
		{"none", one(""), "", "", false},
		{"of the header", one(""), "k", "k", false},
		{"of the directive", one(`@idempotent(key: "d")`), "", "d", false},
		{"the directive before the header", one(`@idempotent(key: "d")`), "k", "d", false},
		{"a header for two mutations names neither", two, "k", "", false},
		{"a header for a fragment names nothing", fragment, "k", "", false},
		{"the longest", one(""), strings.Repeat("k", longestKey), strings.Repeat("k", longestKey), false},
		{"too long", one(""), strings.Repeat("k", longestKey+1), "", true},
		{"too long in the directive", one(`@idempotent(key: "` + strings.Repeat("k", longestKey+1) + `")`), "", "", true},
		{"a line break in the directive", one(`@idempotent(key: "a\nb")`), "", "", true},
		{"blank in the directive", one(`@idempotent(key: " ")`), "", "", true},
		{"empty in the directive", one(`@idempotent(key: "")`), "", "", true},
		{"broken UTF-8 in the header", one(""), "a\xff", "", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := newMutationsUnderTest(t)
			a := ask(t, m.server, c.query, input(), "Idempotency-Key", c.header)
			if (a.code() == "BAD_USER_INPUT") != c.refused || (c.refused && len(m.got) > 0) {
				t.Fatalf("ran %d times: %s", len(m.got), a.body)
			}
			for _, got := range m.got {
				if got.Key != c.key || (got.Fingerprint != "") != (c.key != "") {
					t.Errorf("%+v", got)
				}
			}
		})
	}
}

func TestFingerprintIsOfTheWholeInput(t *testing.T) {
	t.Parallel()
	m := newMutationsUnderTest(t)
	for _, in := range []map[string]any{input(), input(), input("body", "hello "), input("clientMutationId", "x"), input("replyToId", "msg_a")} {
		if a := ask(t, m.server, send, in, "Idempotency-Key", "k"); len(a.Errors) > 0 {
			t.Fatal(a.body)
		}
	}
	seen := map[string]int{}
	for _, got := range m.got {
		seen[got.Fingerprint]++
	}
	if len(m.got) != 5 || len(seen) != 4 || seen[m.got[0].Fingerprint] != 2 {
		t.Errorf("%v", seen)
	}
}

// underTest is a server that keeps how its mutations were described.
type underTest struct {
	server *Server
	got    []eventlog.Mutation
}

func newMutationsUnderTest(t *testing.T) *underTest {
	t.Helper()
	u := &underTest{}
	u.server = serve(t, config(&stub{send: func(ctx context.Context, _ chat.SendMessageInput) (*chat.SendMessagePayload, error) {
		f := *graphql.GetFieldContext(ctx)
		m, err := mutations{}.describe(ctx, &f, nil)
		u.got = append(u.got, m)
		return &chat.SendMessagePayload{}, err
	}}))
	return u
}
