package nodes_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"karnak/internal/core/nodes"
	"karnak/internal/core/presence"
	"karnak/internal/platform/bus"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/fault"
)

type ring struct {
	*nodes.Ring
	here *presence.Hub
}

// cluster makes nodes on a bus that know each other.
func cluster(t *testing.T, c clock.Clock, names ...string) (bus.Bus, []ring) {
	t.Helper()
	b, err := bus.OpenEmbedded(bus.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	var out []ring
	for _, name := range names {
		h, err := presence.New(presence.Config{Bus: b, Clock: c, Logger: slog.New(slog.DiscardHandler), Node: name})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.Close)
		r, err := nodes.New(nodes.Config{Bus: b, Clock: c, Presence: h, Node: name})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Close)
		out = append(out, ring{r, h})
	}
	for _, r := range out {
		for deadline := time.Now().Add(20 * time.Second); !slices.Equal(r.here.Present("nodes"), names); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("known are %v", r.here.Present("nodes"))
			}
		}
	}
	return b, out
}

func TestEveryNodeIsAsked(t *testing.T) {
	t.Parallel()
	_, all := cluster(t, clock.System{}, "a", "b", "c")
	for i, r := range all {
		r.Answer("size", func(q []byte) ([]byte, error) {
			if i == 0 {
				return nil, nil // nothing is an answer, too
			}
			return bytes.Repeat(q, i*200_000), nil // in several messages
		})
	}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			got, err := all[n%3].Ask(t.Context(), "size", []byte{byte('0' + n)})
			if err != nil {
				t.Error(err)
				return
			}
			for i, name := range []string{"a", "b", "c"} {
				if want := bytes.Repeat([]byte{byte('0' + n)}, i*200_000); !bytes.Equal(got[name], want) || len(got) != 3 {
					t.Errorf("%d nodes answered, %s with %d bytes", len(got), name, len(got[name]))
				}
			}
		})
	}
	wg.Wait()
}

func TestWhoDoesNotAnswerIsNamed(t *testing.T) {
	t.Parallel()
	_, all := cluster(t, clock.System{}, "a", "b")
	all[0].Answer("x", func([]byte) ([]byte, error) { return []byte("here"), nil })
	got, err := all[0].Ask(t.Context(), "x", nil)
	if len(got) != 1 || string(got["a"]) != "here" {
		t.Errorf("beside the silent node %q answered", got)
	}
	if fault.CodeOf(err) != fault.Unavailable || !strings.Contains(fmt.Sprint(err), "node b") {
		t.Errorf("the silent node: %v", err)
	}
	for _, answer := range []nodes.Answer{
		func([]byte) ([]byte, error) { return nil, errors.New("no") }, func([]byte) ([]byte, error) { panic("no") },
	} {
		all[1].Answer("x", answer)
		if got, err := all[0].Ask(t.Context(), "x", nil); len(got) != 1 || fault.CodeOf(err) != fault.Unavailable || !strings.Contains(fmt.Sprint(err), "node b could not") {
			t.Errorf("the node that fails: %v", err)
		}
	}
	all[1].Close()
	for deadline := time.Now().Add(20 * time.Second); len(all[0].here.Present("nodes")) != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the node that left is still one")
		}
	}
	if got, err = all[0].Ask(t.Context(), "x", nil); err != nil || len(got) != 1 || string(got["a"]) != "here" {
		t.Errorf("%v: %v", got, err)
	}
}

func TestGarbageIsPassedOver(t *testing.T) {
	t.Parallel()
	b, all := cluster(t, clock.System{}, "a")
	for _, subject := range []string{"nodes.ask.x", "nodes.reply.a", "nodes.ask.y"} {
		for _, payload := range []string{"", "null", "{", "[]", `{"id":"x"}`, `{"id":"x","from":"a","part":-1,"parts":1}`, `{"id":"x","parts":0}`} {
			if err := b.Publish(subject, []byte(payload)); err != nil {
				t.Fatal(err)
			}
		}
	}
	all[0].Answer("x", func(q []byte) ([]byte, error) { return q, nil })
	if got, err := all[0].Ask(t.Context(), "x", []byte("q")); err != nil || string(got["a"]) != "q" {
		t.Errorf("%v: %v", got, err)
	}
}
