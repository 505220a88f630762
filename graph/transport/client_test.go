package transport

import (
	"errors"
	"testing"

	"karnak/graph/transport/transporttest"
)

// TestWhoIsEndedIsOpenNoMore ends connections whose clients have not found out: they are gone from the list at once, and
// nobody ends them again.
func TestWhoIsEndedIsOpenNoMore(t *testing.T) {
	t.Parallel()
	ticks := streams(map[string]transporttest.Stream{"ticks": feed(nil)})
	check := func(t *testing.T, list func(string, int) ([]Client, int), end func(id string) bool) {
		t.Helper()
		open, total := list("", 10)
		if len(open) != 1 || total != 1 {
			t.Fatalf("%d of %d are listed, not one", len(open), total)
		}
		if !end(open[0].ID) {
			t.Error("it was not there to be ended")
		}
		if rest, total := list("", 10); len(rest) != 0 || total != 0 {
			t.Errorf("%d of %d are listed after that", len(rest), total)
		}
		if end(open[0].ID) {
			t.Error("it was ended twice")
		}
	}
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		s := newSocket(t, SocketConfig{})
		connect(t, serve(t, ticks, s))
		check(t, s.Clients, func(id string) bool {
			_, ok := s.End(id, closing(CloseRestart, "enough"))
			return ok
		})
	})
	t.Run("stream", func(t *testing.T) {
		t.Parallel()
		s := newSSE(t, SSEConfig{})
		listen(t, serve(t, ticks, s, newHTTP(t, HTTPConfig{})), "subscription{ticks}").want(retry)
		check(t, s.Clients, func(id string) bool {
			_, ok := s.End(id, errors.New("enough"))
			return ok
		})
	})
}
