package combine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

// held is a combiner whose runs wait for a word.
type held struct {
	*Combiner[int]
	began chan []int
	on    chan struct{}
}

func hold(t *testing.T, most, flights, queue int) *held {
	t.Helper()
	h := &held{began: make(chan []int, 100), on: make(chan struct{})}
	var err error
	h.Combiner, err = New(Config[int]{Most: most, Flights: flights, Queue: queue, Within: patience, Run: func(_ context.Context, items []int) {
		h.began <- slices.Clone(items)
		<-h.on
	}})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// call runs Do in a goroutine, and returns its result's channel once the call waits or flies.
func (h *held) call(ctx context.Context, n int) <-chan error {
	before := h.size()
	out := make(chan error, 1)
	go func() { out <- h.Do(ctx, n) }()
	for h.size() == before && len(h.began) == 0 {
		time.Sleep(time.Millisecond)
	}
	return out
}

func (h *held) size() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.waiting)
}

func (h *held) next(t *testing.T) []int {
	t.Helper()
	select {
	case items := <-h.began:
		return items
	case <-time.After(patience):
		t.Fatal("no run began")
		return nil
	}
}

func result(t *testing.T, of <-chan error) error {
	t.Helper()
	select {
	case err := <-of:
		return err
	case <-time.After(patience):
		t.Fatal("a call does not return")
		return nil
	}
}

func TestCallsThatWaitAreRunTogetherInTheirOrder(t *testing.T) {
	t.Parallel()
	h := hold(t, 3, 1, 100)
	calls := []<-chan error{h.call(t.Context(), 0)}
	if got := h.next(t); !slices.Equal(got, []int{0}) {
		t.Fatalf("one who is alone does not wait: %v", got)
	}
	for n := 1; n <= 4; n++ {
		calls = append(calls, h.call(t.Context(), n))
	}
	h.on <- struct{}{}
	if got := h.next(t); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("the next run has %v", got)
	}
	h.on <- struct{}{}
	if got := h.next(t); !slices.Equal(got, []int{4}) {
		t.Errorf("the last run has %v", got)
	}
	close(h.on)
	for _, c := range calls {
		if err := result(t, c); err != nil {
			t.Error(err)
		}
	}
}

func TestWhoGoesAwayInTimeIsNotRun(t *testing.T) {
	t.Parallel()
	h := hold(t, 10, 1, 100)
	ctx, cancel := context.WithCancel(t.Context())
	first := h.call(ctx, 1)
	h.next(t)
	second, third := h.call(ctx, 2), h.call(t.Context(), 3)
	cancel()
	if err := result(t, second); !errors.Is(err, context.Canceled) {
		t.Errorf("who waited got %v", err)
	}
	select {
	case err := <-first:
		t.Errorf("a run's end was not waited for: %v", err)
	default:
	}
	h.on <- struct{}{}
	if err := result(t, first); err != nil {
		t.Errorf("what was run counts, whoever went away: %v", err)
	}
	if got := h.next(t); !slices.Equal(got, []int{3}) {
		t.Errorf("the next run has %v", got)
	}
	close(h.on)
	if err := result(t, third); err != nil {
		t.Error(err)
	}
	if err := h.Do(ctx, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("who is gone already got %v", err)
	}
}

func TestAFullQueueRefuses(t *testing.T) {
	t.Parallel()
	h := hold(t, 1, 1, 2)
	calls := []<-chan error{h.call(t.Context(), 0)}
	h.next(t)
	calls = append(calls, h.call(t.Context(), 1), h.call(t.Context(), 2))
	if err := h.Do(t.Context(), 3); !errors.Is(err, ErrFull) {
		t.Errorf("one more got %v", err)
	}
	close(h.on)
	for _, c := range calls {
		if err := result(t, c); err != nil {
			t.Error(err)
		}
	}
}

func TestAPanicIsAnErrorOfItsRunAlone(t *testing.T) {
	t.Parallel()
	c, err := New(Config[int]{Most: 10, Flights: 1, Queue: 10, Within: patience, Run: func(_ context.Context, items []int) {
		if slices.Contains(items, 13) {
			panic("unlucky")
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Do(t.Context(), 13); err == nil || !strings.Contains(err.Error(), "unlucky") {
		t.Errorf("got %v", err)
	}
	if err := c.Do(t.Context(), 1); err != nil {
		t.Errorf("the next one got %v", err)
	}
}

func TestARunHasTheLongestTimeOfItsCallers(t *testing.T) {
	t.Parallel()
	var end time.Time
	var bounded bool
	c, err := New(Config[int]{Most: 10, Flights: 1, Queue: 10, Within: time.Hour, Run: func(ctx context.Context, _ []int) { end, bounded = ctx.Deadline() }})
	if err != nil {
		t.Fatal(err)
	}
	long, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := c.Do(long, 1); err != nil {
		t.Fatal(err)
	}
	if want, _ := long.Deadline(); !bounded || !end.Equal(want) {
		t.Errorf("ends at %s, want %s", end, want)
	}
	before := time.Now()
	if err := c.Do(context.WithoutCancel(t.Context()), 1); err != nil {
		t.Fatal(err)
	}
	if d := end.Sub(before); d < time.Hour || d > time.Hour+patience {
		t.Errorf("without a deadline it ends after %s", d)
	}
}

// TestNobodyIsForgotten has many call at once, some of whom go away.
func TestNobodyIsForgotten(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	c, err := New(Config[*bool]{Most: 7, Flights: 2, Queue: 1000, Within: patience, Run: func(_ context.Context, items []*bool) {
		for _, done := range items {
			*done = true
			ran.Add(1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	var calls sync.WaitGroup
	var made atomic.Int64
	for n := range 64 {
		calls.Go(func() {
			for range 200 {
				ctx, cancel := context.WithCancel(t.Context())
				if n%4 == 0 {
					go cancel()
				}
				done := false
				err := c.Do(ctx, &done)
				if cancel(); done != (err == nil) {
					t.Errorf("run %t, and got %v", done, err)
				}
				if err == nil {
					made.Add(1)
				}
			}
		})
	}
	calls.Wait()
	if ran.Load() != made.Load() || made.Load() < 64*200*3/4 {
		t.Errorf("%d ran, %d were told so", ran.Load(), made.Load())
	}
}

func TestNewSaysWhatIsNeeded(t *testing.T) {
	t.Parallel()
	if _, err := New(Config[int]{}); err == nil {
		t.Error("a combiner without anything to run")
	}
}
