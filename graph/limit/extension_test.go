package limit_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/graph/limit"
	"karnak/internal/platform/fault"
)

// nested is the query that the platform's read performance is judged by, as a client would write it.
const nested = `query Nested($id: ID!, $channels: Int = 20, $messages: Int = 20) {
  workspace(id: $id) {
    id name
    channels(first: $channels) {
      edges { cursor node { ...ChannelParts messages(last: $messages) { edges { cursor node { ...MessageParts } } pageInfo { hasPreviousPage startCursor } } } }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
}
fragment ChannelParts on Channel { __typename id name topic visibility unreadCount }
fragment MessageParts on Message { __typename id seq body version createdAt editedAt author { id displayName } }`

func TestUsualRequestsPass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, query, variables string
		cost                   int
	}{
		{"the nested query", nested, `{"id":"w"}`, 5093},
		{"ten aliases", "{" + many(10, `a%d:node(id:"%[1]d"){id ... on Channel{name}}`) + "}", "", 30},
		{"thirty aliases", "{" + many(30, "a%d:__typename") + "}", "", 30},
		{"thirty sign-ins", "mutation{" + many(30, `a%d:signIn(input:{email:"a",password:"b"}){cursor}`) + "}", "", 30 * 51},
		{"thirty equal fields", "{serverInfo{" + strings.Repeat("version ", 30) + "}}", "", 31},
		{"fifty directives", "{serverInfo{" + strings.Repeat("version @include(if:true) ", 25) + strings.Repeat("uptimeSeconds @skip(if:true) ", 25) + "}}", "", 51},
		{"depth 12", "{workspace(id:1){channels{nodes{workspace{channels(first:1){nodes{workspace{channels(first:1){nodes{workspace{channels(first:1){totalCount}}}}}}}}}}}}", "", 328},
		{"fragments 12 within each other", chain(12), "", 1},
		{"a page of 100", `{node(id:1){... on Channel{messages(first:100){nodes{id seq body author{id displayName}}}}}}`, "", 603},
		{"100 ids", "{nodes(ids:[" + strings.Repeat("1 ", 100) + "]){id}}", "", 101},
		{"a message of 100 KB", `mutation($b:String!){sendMessage(input:{channelId:1,body:$b}){cursor}}`, `{"b":"` + strings.Repeat("x", 100<<10) + `"}`, 2},
		{"several operations", "query A{serverInfo{version}} query B{permissions{name}}", "", 0},
		{"a subscription", "subscription($c:ID!){channelEvents(channelId:$c){id ... on MessagePosted{message{...M}}}} fragment M on Message{id body author{id displayName}}", `{"c":"c"}`, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, false)
			body := request(t, c.query, c.variables)
			if c.name == "several operations" {
				body, c.cost = []byte(`{"operationName":"A","query":"`+c.query+`"}`), 2
			}
			for _, round := range []string{"first", "from the cache"} {
				got := s.post(t, body)
				if len(got.Errors) > 0 || s.exec.ran.Swap(0) != 1 {
					t.Fatalf("%s: refused: %+v", round, got.Errors)
				}
				if info := s.exec.info.Load(); info.Cost != c.cost {
					t.Errorf("%s: costs %d, want %d", round, info.Cost, c.cost)
				}
			}
		})
	}
}

func TestPersistedQueriesAreGuarded(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	send := func(query string, withText bool) answer {
		sum := sha256.Sum256([]byte(query))
		m := map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hex.EncodeToString(sum[:])}}}
		if withText {
			m["query"] = query
		}
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return s.post(t, body)
	}
	const good = "{serverInfo{version}}"
	if got := send(good, false); got.code() != "PERSISTED_QUERY_NOT_FOUND" {
		t.Errorf("unknown: %+v", got.Errors)
	}
	if got := send(good, true); len(got.Errors) > 0 {
		t.Errorf("registering: %+v", got.Errors)
	}
	if got := send(good, false); len(got.Errors) > 0 || s.exec.ran.Load() != 2 {
		t.Errorf("by hash: %+v, ran %d times", got.Errors, s.exec.ran.Load())
	}
	for _, withText := range []bool{true, false} {
		if got := send(doubling(25), withText); got.code() != refusedCost {
			t.Errorf("with text %v: %+v", withText, got.Errors)
		}
	}
}

func TestPersistedQueriesUsedAfterTheGuardAreUnknown(t *testing.T) {
	t.Parallel()
	const query = "{serverInfo{version}}"
	sum := sha256.Sum256([]byte(query))
	hash := hex.EncodeToString(sum[:])
	x, err := limit.NewExtension(newGuard(t, true), graphql.NoCache[*ast.QueryDocument]{})
	if err != nil {
		t.Fatal(err)
	}
	ex := executor.New(&executable{schema: loadSchema(t)})
	ex.Use(x)
	ex.Use(extension.AutomaticPersistedQuery{Cache: graphql.MapCache[string]{hash: query}})
	_, errs := ex.CreateOperationContext(graphql.StartOperationTrace(context.Background()), &graphql.RawParams{
		Extensions: map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}},
	})
	if len(errs) != 1 || errs[0].Extensions["code"] != "PERSISTED_QUERY_NOT_FOUND" {
		t.Errorf("got %v", errs)
	}
}

func TestQueriesPutInAfterTheGuardDoNotRun(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	s.Use(swap{})
	if got := s.post(t, request(t, "{__typename}", "")); got.code() != "INTERNAL" || s.exec.ran.Load() != 0 {
		t.Errorf("got %+v, ran %d times", got.Errors, s.exec.ran.Load())
	}
}

// swap puts another query in the place of the one that was sent.
type swap struct{}

func (swap) ExtensionName() string                   { return "swap" }
func (swap) Validate(graphql.ExecutableSchema) error { return nil }
func (swap) MutateOperationParameters(_ context.Context, p *graphql.RawParams) *gqlerror.Error {
	p.Query = "{serverInfo{version}}"
	return nil
}

func TestRefusalsAreTypedFaults(t *testing.T) {
	t.Parallel()
	err := newGuard(t, true).Check(doubling(30))
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.CostLimit || f.Message != err.Message {
		t.Errorf("got %#v", err)
	}
	cycle := newGuard(t, true).Check("{...A} fragment A on Query{...B} fragment B on Query{...A}")
	if fault.CodeOf(cycle) != fault.BadUserInput || !strings.Contains(cycle.Message, `"A" spreads itself`) {
		t.Errorf("got %#v", cycle)
	}
	parse := newGuard(t, true).Check("{serverInfo{version}\n  ]")
	if fault.CodeOf(parse) != fault.BadUserInput || len(parse.Locations) != 1 || parse.Locations[0].Line != 2 {
		t.Errorf("got %#v", parse)
	}
}

func TestContextWithoutOperationCostsNothing(t *testing.T) {
	t.Parallel()
	if limit.CostOf(context.Background()) != 0 || limit.CostOf(graphql.WithOperationContext(context.Background(), &graphql.OperationContext{})) != 0 {
		t.Error("it costs something")
	}
}

func TestExtensionNeedsItsParts(t *testing.T) {
	t.Parallel()
	if _, err := limit.NewExtension(nil, graphql.NoCache[*ast.QueryDocument]{}); err == nil {
		t.Error("no guard was accepted")
	}
	if _, err := limit.NewExtension(newGuard(t, true), nil); err == nil {
		t.Error("no cache was accepted")
	}
	x, err := limit.NewExtension(newGuard(t, true), graphql.NoCache[*ast.QueryDocument]{})
	if err != nil || x.ExtensionName() == "" || x.Validate(&executable{}) == nil || x.Validate(&executable{schema: loadSchema(t)}) != nil {
		t.Error("a server without schema was accepted, or one with a schema refused")
	}
}
