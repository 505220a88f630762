package graph

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/graph/graphgen"
	"karnak/graph/scalar"
)

// later answers a channel whose number of unread messages comes when the test says so.
type later struct {
	graphgen.ResolverRoot
	unread func(ctx context.Context) (int, error)
}

func (l *later) Query() graphgen.QueryResolver     { return laterQuery{} }
func (l *later) Channel() graphgen.ChannelResolver { return laterChannel{l: l} }

type laterQuery struct{ graphgen.QueryResolver }

func (laterQuery) Node(context.Context, string) (scalar.Object, error) {
	return &entgen.Channel{ID: "c"}, nil
}

type laterChannel struct {
	graphgen.ChannelResolver
	l *later
}

func (c laterChannel) UnreadCount(ctx context.Context, _ *entgen.Channel) (int, error) {
	return c.l.unread(ctx)
}

// inTime serves a channel with a deferred field and returns the answer's parts as they come.
func inTime(t *testing.T, timeout time.Duration, unread func(context.Context) (int, error)) (*http.Response, func() string) {
	t.Helper()
	c := config(nil)
	c.Resolvers, c.Timeout = &later{unread: unread}, timeout
	s := serve(t, c)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r.WithContext(authz.WithActor(r.Context(), &authz.Actor{UserID: "user_a"})))
	}))
	t.Cleanup(srv.Close)
	body := `{"query":"{node(id:\"c\"){...on Channel{id ...@defer(label:\"late\"){unreadCount}}}}"}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "multipart/mixed;deferSpec=20220824, application/json")
	res, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	text := bufio.NewReader(res.Body)
	return res, func() string {
		for {
			line, err := text.ReadString('\n')
			if strings.HasPrefix(line, "{") || err != nil {
				return strings.TrimSpace(line)
			}
		}
	}
}

const first = `{"data":{"node":{"id":"c"}},"hasNext":true}`

func TestDeferredPartsComeLater(t *testing.T) {
	t.Parallel()
	seen := make(chan int)
	res, part := inTime(t, time.Minute, func(context.Context) (int, error) { return <-seen, nil })
	if got := res.Header.Get("Content-Type"); got != `multipart/mixed;boundary="-";deferSpec=20220824` {
		t.Errorf("it is %s", got)
	}
	if got := part(); got != first {
		t.Errorf("first %s", got)
	}
	seen <- 7
	if got := part(); got != `{"incremental":[{"data":{"unreadCount":7},"path":["node"],"label":"late"}],"hasNext":false}` {
		t.Errorf("then %s", got)
	}
}

func TestADeferredPartThatTakesTooLongIsTold(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	_, part := inTime(t, 50*time.Millisecond, func(ctx context.Context) (int, error) {
		<-ctx.Done()
		close(ended)
		return 0, ctx.Err()
	})
	if got := part(); got != first {
		t.Errorf("first %s", got)
	}
	if got := part(); !strings.Contains(got, `"code":"UNAVAILABLE"`) || !strings.HasSuffix(got, `"hasNext":false}`) {
		t.Errorf("then %s", got)
	}
	<-ended
}

func TestDeferredPartsStopWhenTheClientGoes(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	res, part := inTime(t, time.Hour, func(ctx context.Context) (int, error) {
		<-ctx.Done()
		close(ended)
		return 0, ctx.Err()
	})
	if got := part(); got != first {
		t.Errorf("first %s", got)
	}
	_ = res.Body.Close()
	<-ended
}

func TestADeferredPanicIsItsPartsAlone(t *testing.T) {
	t.Parallel()
	_, part := inTime(t, time.Minute, func(context.Context) (int, error) { panic("boom") })
	if got := part(); got != first {
		t.Errorf("first %s", got)
	}
	if got := part(); !strings.Contains(got, `"code":"INTERNAL"`) || strings.Contains(got, "boom") || !strings.HasSuffix(got, `"hasNext":false}`) {
		t.Errorf("then %s", got)
	}
}
