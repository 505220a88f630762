package presence_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"karnak/internal/core/presence"
)

func TestWhoIsThereOnEveryNode(t *testing.T) {
	t.Parallel()
	c := newCluster()
	a, b := c.node(t, "a"), c.node(t, "b")
	onA, onB := c.watch(t, a, "p"), c.watch(t, b, "p")
	elsewhere := c.watch(t, b, "q")
	onA.until(t, []string{})
	ada := a.Enter("p", "ada")
	again := b.Enter("p", "ada") // a second device, on another node
	mo := b.Enter("p", "mo")
	onA.until(t, []string{"ada", "mo"})
	onB.until(t, []string{"ada", "mo"})
	a.Type("p", "ada", true)
	onB.until(t, []string{"ada", "mo"}, "ada")
	onA.until(t, []string{"ada", "mo"}, "ada")
	ada()
	ada() // twice is once
	b.Stopped("p", "ada")
	onA.until(t, []string{"ada", "mo"})
	mo()
	onA.until(t, []string{"ada"})
	again()
	onA.until(t, []string{})
	onB.until(t, []string{})
	elsewhere.until(t, []string{})
	if got := b.Present("q"); len(got) != 0 || elsewhere.updates != 1 {
		t.Errorf("another place was told of %v, %d times", got, elsewhere.updates)
	}
}

// TestTypingEnds: nobody types for longer than they say.
func TestTypingEnds(t *testing.T) {
	t.Parallel()
	c := newCluster()
	a, b := c.node(t, "a"), c.node(t, "b")
	v := c.watch(t, b, "p")
	defer a.Enter("p", "ada")()
	began := c.clock.Now()
	if until := a.Type("p", "ada", true); until != began.Add(presence.TypingLife) {
		t.Errorf("typing ends at %v", until)
	}
	v.until(t, []string{"ada"}, "ada")
	v.until(t, []string{"ada"})
	if d := c.clock.Now().Sub(began); d < presence.TypingLife || d > presence.TypingLife+2*time.Second {
		t.Errorf("it took %v to be noticed", d)
	}
}

// TestCrashedNodeIsGoneInTwoAndAHalfBeats lets a node say nothing more.
func TestCrashedNodeIsGoneInTwoAndAHalfBeats(t *testing.T) {
	t.Parallel()
	c := newCluster()
	a, b := c.node(t, "a"), c.node(t, "b")
	v := c.watch(t, b, "p")
	a.Enter("p", "ada")
	defer b.Enter("p", "mo")()
	v.until(t, []string{"ada", "mo"})
	c.pass(30 * time.Second) // beats renew the lease
	if got := b.Present("p"); !slices.Equal(got, []string{"ada", "mo"}) {
		t.Fatalf("after 30 s of beats there are %v", got)
	}
	c.losing(func(b []byte) bool { return strings.Contains(string(b), `"node":"a"`) })
	died := c.clock.Now()
	v.until(t, []string{"mo"})
	if d := c.clock.Now().Sub(died); d > 2*presence.Beat+presence.Beat/2 {
		t.Errorf("gone after %v", d)
	}
	c.losing(nil) // it was only cut off
	v.until(t, []string{"ada", "mo"})
}

// TestFarewell: a node that is shut down takes its people along at once.
func TestFarewell(t *testing.T) {
	t.Parallel()
	c := newCluster()
	a, b := c.node(t, "a"), c.node(t, "b")
	v := c.watch(t, b, "p")
	a.Enter("p", "ada")
	v.until(t, []string{"ada"})
	at := c.clock.Now()
	a.Close()
	a.Close()
	v.until(t, []string{})
	if d := c.clock.Now().Sub(at); d > time.Second {
		t.Errorf("it took %v", d)
	}
}

// TestLostWordsAreMadeUpFor loses most of what nodes tell each other while people come and go; two beats after that ends,
// everybody knows the same.
func TestLostWordsAreMadeUpFor(t *testing.T) {
	t.Parallel()
	c := newCluster()
	nodes := []*presence.Hub{c.node(t, "a"), c.node(t, "b"), c.node(t, "c")}
	var views []*view
	for _, h := range nodes {
		views = append(views, c.watch(t, h, "p"))
	}
	r, luck := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(3, 4))
	c.losing(func([]byte) bool { return luck.IntN(10) < 6 })
	leave := map[string]func(){}
	for i := range 600 {
		name, h := fmt.Sprint("user ", r.IntN(40)), nodes[r.IntN(3)]
		if l := leave[name]; l != nil {
			l()
			delete(leave, name)
		} else {
			leave[name] = h.Enter("p", name)
		}
		if i%20 == 0 {
			c.pass(200 * time.Millisecond)
		}
	}
	c.losing(nil)
	want := []string{}
	for name := range leave {
		want = append(want, name)
	}
	slices.Sort(want)
	c.pass(2*presence.Beat + 2*time.Second)
	for i, h := range nodes {
		if got := h.Present("p"); !slices.Equal(got, want) {
			t.Errorf("node %d knows %v, want %v", i, got, want)
		}
		views[i].until(t, want)
	}
}

func TestManyPeople(t *testing.T) {
	t.Parallel()
	c := newCluster()
	a, b := c.node(t, "a"), c.node(t, "b")
	for i := range 5000 {
		a.Enter("p", fmt.Sprintf("user_%026d", i))
	}
	v := c.watch(t, b, "p") // asks, and is told in several messages
	v.read(t, func() bool { return v.count == 5000 })
	if len(v.here) != presence.MostListed {
		t.Errorf("%d people are named", len(v.here))
	}
}

// TestSlowWatcherIsToldTheSum does not read for a while; what came and went meanwhile is not told.
func TestSlowWatcherIsToldTheSum(t *testing.T) {
	t.Parallel()
	c := newCluster()
	a := c.node(t, "a")
	v := c.watch(t, a, "p")
	v.until(t, []string{})
	for range 20 {
		a.Enter("p", "passing")()
	}
	a.Enter("p", "ada")
	c.pass(time.Second)
	u, err := v.Next(soon(t))
	if err != nil || u.Snapshot || !slices.Equal(u.Joined, []string{"ada"}) || len(u.Left) != 0 {
		t.Errorf("%+v: %v", u, err)
	}
	for range 2000 {
		a.Enter("p", "passing")()
	}
	c.pass(time.Second)
	if u, err = v.Next(soon(t)); err != nil || !u.Snapshot || !slices.Equal(u.Joined, []string{"ada"}) {
		t.Errorf("far behind: %+v: %v", u, err)
	}
	a.Enter("p", "passing")()
	c.pass(time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if u, err = v.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("told of nothing: %+v", u)
	}
}

// TestUpdatesArePaced: a storm of changes is not a storm of updates.
func TestUpdatesArePaced(t *testing.T) {
	t.Parallel()
	c := newCluster()
	a := c.node(t, "a")
	v := c.watch(t, a, "p")
	v.until(t, []string{})
	before := v.updates
	var want []string
	for i := range 200 { // over two seconds
		want = append(want, fmt.Sprintf("user %03d", i))
		a.Enter("p", want[i])
		if i%10 == 9 {
			c.pass(100 * time.Millisecond)
		}
	}
	v.until(t, want)
	if n := v.updates - before; n > 12 {
		t.Errorf("%d updates in two seconds", n)
	}
}

func TestGarbageOnTheBus(t *testing.T) {
	t.Parallel()
	c := newCluster()
	a := c.node(t, "a")
	v := c.watch(t, a, "p")
	for _, payload := range []string{
		"", "null", "{", "[]", `{"node":"x"}`, `{"node":"x","kind":"?"}`, `{"kind":"came","people":["ghost"]}`, `{"node":"a","kind":"came","people":["ghost"]}`,
		`{"node":"x","kind":"list","people":["ghost"],"end":true}`, `{"node":"x","kind":"left","people":["ghost"]}`, `{"node":"x","kind":"beat","count":-1}`,
	} {
		for _, subject := range []string{"presence.p", "presence.", "other"} {
			if err := c.Publish(subject, []byte(payload)); err != nil {
				t.Fatal(err)
			}
		}
	}
	a.Enter("p", "ada")
	v.until(t, []string{"ada"})
}

func TestCloseEndsWatchers(t *testing.T) {
	t.Parallel()
	c := newCluster()
	a := c.node(t, "a")
	var wg sync.WaitGroup
	for range 10 {
		v := c.watch(t, a, "p")
		v.until(t, []string{})
		wg.Go(func() {
			if _, err := v.Next(soon(t)); !errors.Is(err, presence.ErrClosed) {
				t.Error(err)
			}
		})
	}
	a.Close()
	wg.Wait()
}

func TestNewNeedsEverything(t *testing.T) {
	t.Parallel()
	c := newCluster()
	good := presence.Config{Bus: c, Clock: c.clock, Logger: slog.New(slog.DiscardHandler), Node: "a"}
	for i, take := range []func(*presence.Config){
		func(c *presence.Config) { c.Bus = nil }, func(c *presence.Config) { c.Clock = nil },
		func(c *presence.Config) { c.Logger = nil }, func(c *presence.Config) { c.Node = "" },
	} {
		x := good
		take(&x)
		if _, err := presence.New(x); err == nil {
			t.Errorf("case %d: no error", i)
		}
	}
}
