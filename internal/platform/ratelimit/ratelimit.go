// Package ratelimit says how often something may be done, by the generic cell rate algorithm (GCRA): a burst at once, then
// one at each interval, exact at any moment and without a timer.
package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/memstore"

	"karnak/internal/platform/clock"
)

// Limiter is the port. Implementations pass the suite in ratelimittest.
type Limiter interface {
	// Take asks for n units for a key; n under 1 counts as 1. Either all are granted or none. When none is, retryAfter is the
	// time after which the same request is granted if nobody else takes any; a request larger than the burst is never
	// granted, and retryAfter is then the time until the key is at rest. Safe for concurrent use.
	Take(ctx context.Context, key string, n int) (retryAfter time.Duration, ok bool)
	// Look tells what Take of one unit would answer, and takes nothing.
	Look(ctx context.Context, key string) (retryAfter time.Duration, ok bool)
}

// Config says how much is granted.
type Config struct {
	Clock clock.Clock
	// Rate units are granted in each Per, evenly spread.
	Rate int
	Per  time.Duration
	// Burst units are granted at once to a key at rest.
	Burst int
	// MaxKeys bounds the memory (about 200 bytes for a key). Beyond it the key that was used longest ago is forgotten, which
	// is as if it were at rest: choose it well above the number of keys that are active within Per.
	MaxKeys int
}

// Memory is a Limiter of this process alone.
type Memory struct {
	mu      sync.Mutex
	limiter *throttled.GCRARateLimiterCtx
	// interval is the time of one unit; full is how far ahead of it a burst may run.
	interval, full time.Duration
}

// New returns a limiter in memory.
func New(cfg Config) (*Memory, error) {
	switch {
	case cfg.Clock == nil:
		return nil, errors.New("ratelimit: no clock")
	case cfg.Rate < 1 || cfg.Per < time.Duration(cfg.Rate):
		return nil, fmt.Errorf("ratelimit: %d in %s is no rate", cfg.Rate, cfg.Per)
	case cfg.Burst < 1:
		return nil, fmt.Errorf("ratelimit: a burst of %d grants nothing", cfg.Burst)
	case cfg.MaxKeys < 1:
		return nil, errors.New("ratelimit: MaxKeys must bound the memory")
	}
	store, err := memstore.New(cfg.MaxKeys)
	if err != nil {
		return nil, fmt.Errorf("ratelimit: %w", err)
	}
	store.SetTimeNow(cfg.Clock.Now)
	quota := throttled.RateQuota{MaxRate: throttled.PerDuration(cfg.Rate, cfg.Per), MaxBurst: cfg.Burst - 1}
	limiter, err := throttled.NewGCRARateLimiterCtx(throttled.WrapStoreWithContext(store), quota)
	if err != nil {
		return nil, fmt.Errorf("ratelimit: %w", err)
	}
	interval := cfg.Per / time.Duration(cfg.Rate)
	return &Memory{limiter: limiter, interval: interval, full: interval * time.Duration(cfg.Burst)}, nil
}

// Take is Limiter.Take. The context is not used: nothing waits.
func (m *Memory) Take(ctx context.Context, key string, n int) (time.Duration, bool) {
	// The store compares and swaps and gives up after a few losses; one at a time there are none.
	m.mu.Lock()
	limited, result, err := m.limiter.RateLimitCtx(ctx, key, max(n, 1))
	m.mu.Unlock()
	switch {
	case err != nil:
		return time.Second, false
	case !limited:
		return 0, true
	case result.RetryAfter < 0:
		return max(result.ResetAfter, time.Second), false
	}
	return result.RetryAfter, false
}

// Look is Limiter.Look.
func (m *Memory) Look(ctx context.Context, key string) (time.Duration, bool) {
	m.mu.Lock()
	_, result, err := m.limiter.RateLimitCtx(ctx, key, 0)
	m.mu.Unlock()
	if err != nil {
		return time.Second, false
	}
	if after := result.ResetAfter + m.interval - m.full; after > 0 {
		return after, false
	}
	return 0, true
}
