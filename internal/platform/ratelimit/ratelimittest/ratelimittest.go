// Package ratelimittest is the suite that every rate limiter passes.
package ratelimittest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/ratelimit"
)

// Run holds a limiter to its contract. open gives a fresh one for the configuration.
func Run(t *testing.T, open func(t *testing.T, cfg ratelimit.Config) ratelimit.Limiter) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, ratelimit.Limiter, *clock.Manual){
		"burst, then one at each interval":   spreads,
		"keys are apart":                     apart,
		"looking takes nothing":              looks,
		"all or nothing":                     whole,
		"larger than the burst is refused":   oversized,
		"under one counts as one":            atLeastOne,
		"exact under contention":             contended,
		"refused requests cost nothing":      free,
		"never more than rate and one burst": bounded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := clock.NewManual(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
			// One each six seconds, ten at once.
			test(t, open(t, ratelimit.Config{Clock: now, Rate: 10, Per: time.Minute, Burst: 10, MaxKeys: 1000}), now)
		})
	}
}

func granted(t *testing.T, l ratelimit.Limiter, key string, n int) {
	t.Helper()
	if after, ok := l.Take(t.Context(), key, n); !ok || after != 0 {
		t.Fatalf("Take(%q, %d) = %s, %v; want it granted", key, n, after, ok)
	}
}

func refused(t *testing.T, l ratelimit.Limiter, key string, n int, want time.Duration) {
	t.Helper()
	if after, ok := l.Take(t.Context(), key, n); ok || after != want {
		t.Fatalf("Take(%q, %d) = %s, %v; want it refused for %s", key, n, after, ok, want)
	}
}

func looks(t *testing.T, l ratelimit.Limiter, now *clock.Manual) {
	for range 100 {
		if after, ok := l.Look(t.Context(), "k"); !ok || after != 0 {
			t.Fatalf("Look = %s, %v before anything was taken", after, ok)
		}
	}
	granted(t, l, "k", 10)
	if after, ok := l.Look(t.Context(), "k"); ok || after != 6*time.Second {
		t.Fatalf("Look = %s, %v after all was taken; want it refused for 6s", after, ok)
	}
	now.Advance(6 * time.Second)
	if after, ok := l.Look(t.Context(), "k"); !ok || after != 0 {
		t.Fatalf("Look = %s, %v when one is free again", after, ok)
	}
	granted(t, l, "k", 1)
}

func spreads(t *testing.T, l ratelimit.Limiter, now *clock.Manual) {
	for range 10 {
		granted(t, l, "k", 1)
	}
	refused(t, l, "k", 1, 6*time.Second)
	now.Advance(2 * time.Second)
	refused(t, l, "k", 1, 4*time.Second)
	now.Advance(4 * time.Second)
	granted(t, l, "k", 1)
	refused(t, l, "k", 1, 6*time.Second)
	now.Advance(time.Hour)
	granted(t, l, "k", 10)
	refused(t, l, "k", 1, 6*time.Second)
}

func apart(t *testing.T, l ratelimit.Limiter, _ *clock.Manual) {
	granted(t, l, "a", 10)
	refused(t, l, "a", 1, 6*time.Second)
	granted(t, l, "b", 10)
	granted(t, l, "", 10)
}

func whole(t *testing.T, l ratelimit.Limiter, now *clock.Manual) {
	granted(t, l, "k", 7)
	refused(t, l, "k", 4, 6*time.Second)
	granted(t, l, "k", 3)
	now.Advance(12 * time.Second)
	refused(t, l, "k", 3, 6*time.Second)
	granted(t, l, "k", 2)
}

func oversized(t *testing.T, l ratelimit.Limiter, now *clock.Manual) {
	for range 3 {
		if after, ok := l.Take(t.Context(), "k", 11); ok || after <= 0 {
			t.Fatalf("eleven of ten: %s, %v", after, ok)
		}
		now.Advance(time.Hour)
	}
	granted(t, l, "k", 10)
}

func atLeastOne(t *testing.T, l ratelimit.Limiter, _ *clock.Manual) {
	for _, n := range []int{0, -1, -1000, 0, 0, 0, 0, 0, 0, 0} {
		granted(t, l, "k", n)
	}
	refused(t, l, "k", 0, 6*time.Second)
}

func contended(t *testing.T, l ratelimit.Limiter, _ *clock.Manual) {
	var got atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 200 {
				if _, ok := l.Take(t.Context(), "k", 1); ok {
					got.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if got.Load() != 10 {
		t.Errorf("%d were granted, want 10", got.Load())
	}
}

func free(t *testing.T, l ratelimit.Limiter, now *clock.Manual) {
	granted(t, l, "k", 10)
	for range 100 {
		refused(t, l, "k", 1, 6*time.Second)
	}
	now.Advance(6 * time.Second)
	granted(t, l, "k", 1)
}

func bounded(t *testing.T, l ratelimit.Limiter, now *clock.Manual) {
	total := 0
	for i := range 3600 {
		if _, ok := l.Take(t.Context(), "k", 1+i%3); ok {
			total += 1 + i%3
		}
		now.Advance(time.Second)
	}
	if total > 610 || total < 580 {
		t.Error(fmt.Errorf("%d units in an hour, want about 600 and at most 610", total))
	}
}
