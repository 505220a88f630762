// Package bustest is the suite that every bus passes.
package bustest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/bus"
)

const patience = 10 * time.Second

type message struct {
	subject string
	payload []byte
}

// Run holds a bus to its contract. open gives a fresh bus of its own; the suite closes it.
func Run(t *testing.T, open func(t *testing.T) bus.Bus) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, bus.Bus){
		"delivers in order to every subscriber": delivers,
		"matches patterns":                      matches,
		"cancel ends delivery":                  cancels,
		"cancel by the handler":                 cancelsInside,
		"a stuck subscriber holds up nobody":    stuck,
		"payloads are not shared":               isolates,
		"a panic loses one message":             panics,
		"refuses bad subjects and payloads":     refuses,
		"close is final":                        closes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			t.Cleanup(b.Close)
			test(t, b)
		})
	}
}

// Listen subscribes and returns a channel of what comes.
func listen(t *testing.T, b bus.Bus, pattern string) <-chan message {
	t.Helper()
	ch := make(chan message, 4096)
	cancel, err := b.Subscribe(pattern, func(s string, p []byte) { ch <- message{s, p} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cancel)
	return ch
}

func publish(t *testing.T, b bus.Bus, subject, payload string) {
	t.Helper()
	if err := b.Publish(subject, []byte(payload)); err != nil {
		t.Fatal(err)
	}
}

func next(t *testing.T, ch <-chan message) message {
	t.Helper()
	select {
	case m := <-ch:
		return m
	case <-time.After(patience):
		t.Fatal("nothing came")
		return message{}
	}
}

func delivers(t *testing.T, b bus.Bus) {
	if !b.Healthy() || b.Name() == "" {
		t.Errorf("healthy %v, name %q", b.Healthy(), b.Name())
	}
	first, second, other := listen(t, b, "log.ws_1"), listen(t, b, "log.ws_1"), listen(t, b, "log.ws_2")
	const n = 1000
	for i := range n {
		publish(t, b, "log.ws_1", fmt.Sprint(i))
	}
	publish(t, b, "log.ws_2", "end")
	for i := range n {
		for _, ch := range []<-chan message{first, second} {
			if m := next(t, ch); string(m.payload) != fmt.Sprint(i) || m.subject != "log.ws_1" {
				t.Fatalf("message %d is %q on %q", i, m.payload, m.subject)
			}
		}
	}
	if m := next(t, other); string(m.payload) != "end" {
		t.Errorf("a foreign message came: %q", m.payload)
	}
}

func matches(t *testing.T, b bus.Bus) {
	patterns := map[string][]string{
		"a.*":   {"a.b", "a.c"},
		"a.>":   {"a.b", "a.c", "a.b.d"},
		"*.b.*": {"a.b.d"},
		"a.b":   {"a.b"},
		">":     {"a.b", "a.c", "a.b.d", "e", "end"},
	}
	got := map[string]<-chan message{}
	for p := range patterns {
		got[p] = listen(t, b, p)
	}
	end := listen(t, b, "end")
	for _, s := range []string{"a.b", "a.c", "a.b.d", "e", "end"} {
		publish(t, b, s, s)
	}
	next(t, end)
	for p, want := range patterns {
		var subjects []string
		for range want {
			subjects = append(subjects, next(t, got[p]).subject)
		}
		if !slices.Equal(subjects, want) || len(got[p]) != 0 {
			t.Errorf("%s matched %v and %d more", p, subjects, len(got[p]))
		}
	}
}

func cancels(t *testing.T, b bus.Bus) {
	ch := make(chan message, 16)
	cancel, err := b.Subscribe("s", func(s string, p []byte) { ch <- message{s, p} })
	if err != nil {
		t.Fatal(err)
	}
	stays := listen(t, b, "s")
	publish(t, b, "s", "before")
	next(t, ch)
	next(t, stays)
	cancel()
	cancel()
	publish(t, b, "s", "after")
	next(t, stays)
	if len(ch) != 0 {
		t.Error("a message came after cancel")
	}
}

func cancelsInside(t *testing.T, b bus.Bus) {
	handed := make(chan func(), 1)
	calls := make(chan string, 16)
	cancel, err := b.Subscribe("s", func(_ string, p []byte) {
		stop := <-handed
		stop()
		handed <- stop
		calls <- string(p)
	})
	if err != nil {
		t.Fatal(err)
	}
	handed <- cancel
	stays := listen(t, b, "s")
	for _, p := range []string{"1", "2", "3"} {
		publish(t, b, "s", p)
		next(t, stays)
	}
	if got := <-calls; got != "1" || len(calls) != 0 {
		t.Errorf("called with %q and %d more", got, len(calls))
	}
}

func stuck(t *testing.T, b bus.Bus) {
	release, entered := make(chan struct{}), make(chan struct{}, 1)
	cancel, err := b.Subscribe("s", func(string, []byte) {
		select {
		case entered <- struct{}{}:
		default:
		}
		<-release
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	defer close(release)
	end := listen(t, b, "end")
	publish(t, b, "s", "x")
	<-entered
	payload := strings.Repeat("x", 1024)
	for range 40_000 { // 40 MB, more than may wait
		publish(t, b, "s", payload)
	}
	publish(t, b, "end", "")
	next(t, end)
}

func isolates(t *testing.T, b bus.Bus) {
	first, second := listen(t, b, "s"), listen(t, b, "s")
	payload := []byte("whole")
	if err := b.Publish("s", payload); err != nil {
		t.Fatal(err)
	}
	copy(payload, "XXXXX")
	m := next(t, first)
	if string(m.payload) != "whole" {
		t.Errorf("the publisher's change is seen: %q", m.payload)
	}
	copy(m.payload, "YYYYY")
	if m := next(t, second); string(m.payload) != "whole" {
		t.Errorf("another subscriber's change is seen: %q", m.payload)
	}
	publish(t, b, "s", "")
	if m := next(t, first); len(m.payload) != 0 {
		t.Errorf("an empty payload became %q", m.payload)
	}
}

func fail(counts map[string]int) { counts["of a nil map"]++ }

func panics(t *testing.T, b bus.Bus) {
	ch := make(chan string, 4)
	cancel, err := b.Subscribe("s", func(_ string, p []byte) {
		if string(p) == "bad" {
			fail(nil)
		}
		ch <- string(p)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	publish(t, b, "s", "bad")
	publish(t, b, "s", "good")
	select {
	case got := <-ch:
		if got != "good" {
			t.Errorf("got %q", got)
		}
	case <-time.After(patience):
		t.Fatal("the subscription died")
	}
}

func refuses(t *testing.T, b bus.Bus) {
	long := strings.Repeat("a", 256)
	for _, s := range []string{"", ".", "a.", ".a", "a..b", "a b", "a\r\nb", "a.*", "a.>", "a*", "é", long} {
		if err := b.Publish(s, nil); !errors.Is(err, bus.ErrSubject) {
			t.Errorf("Publish(%q): %v", s, err)
		}
	}
	for _, s := range []string{"", "a..b", ">.a", "a.>.b", "a*", "a b", long} {
		if _, err := b.Subscribe(s, func(string, []byte) {}); !errors.Is(err, bus.ErrSubject) {
			t.Errorf("Subscribe(%q): %v", s, err)
		}
	}
	ch := listen(t, b, "s")
	if err := b.Publish("s", make([]byte, bus.MaxPayload+1)); !errors.Is(err, bus.ErrPayload) {
		t.Errorf("too large: %v", err)
	}
	largest := bytes.Repeat([]byte{7}, bus.MaxPayload)
	if err := b.Publish("s", largest); err != nil {
		t.Fatal(err)
	}
	if m := next(t, ch); !bytes.Equal(m.payload, largest) {
		t.Error("the largest payload did not come whole")
	}
}

func closes(t *testing.T, b bus.Bus) {
	cancel, err := b.Subscribe("s", func(string, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	b.Close()
	cancel()
	if b.Healthy() {
		t.Error("healthy after close")
	}
	if err := b.Publish("s", nil); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Publish: %v", err)
	}
	if _, err := b.Subscribe("s", func(string, []byte) {}); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("Subscribe: %v", err)
	}
}
