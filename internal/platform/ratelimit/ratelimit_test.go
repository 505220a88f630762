package ratelimit_test

import (
	"fmt"
	"testing"
	"time"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/ratelimit"
	"karnak/internal/platform/ratelimit/ratelimittest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	ratelimittest.Run(t, func(t *testing.T, cfg ratelimit.Config) ratelimit.Limiter {
		l, err := ratelimit.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return l
	})
}

func TestForgetsTheKeyUsedLongestAgo(t *testing.T) {
	t.Parallel()
	now := clock.NewManual(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	l, err := ratelimit.New(ratelimit.Config{Clock: now, Rate: 1, Per: time.Hour, Burst: 1, MaxKeys: 100})
	if err != nil {
		t.Fatal(err)
	}
	take := func(key string) bool {
		_, ok := l.Take(t.Context(), key, 1)
		return ok
	}
	take("victim")
	for i := range 99 {
		take(fmt.Sprint(i))
	}
	if take("victim") {
		t.Error("forgotten within the bound")
	}
	for i := range 100 {
		take(fmt.Sprint("more", i))
	}
	if !take("victim") {
		t.Error("more keys are kept than the bound allows")
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := ratelimit.Config{Clock: clock.System{}, Rate: 1, Per: time.Second, Burst: 1, MaxKeys: 1}
	for name, spoil := range map[string]func(*ratelimit.Config){
		"no clock":         func(c *ratelimit.Config) { c.Clock = nil },
		"no rate":          func(c *ratelimit.Config) { c.Rate = 0 },
		"no time":          func(c *ratelimit.Config) { c.Per = 0 },
		"faster than time": func(c *ratelimit.Config) { c.Rate, c.Per = 10, time.Nanosecond },
		"no burst":         func(c *ratelimit.Config) { c.Burst = 0 },
		"no bound":         func(c *ratelimit.Config) { c.MaxKeys = 0 },
	} {
		cfg := good
		spoil(&cfg)
		if _, err := ratelimit.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := ratelimit.New(good); err != nil {
		t.Error(err)
	}
}
