package clock_test

import (
	"testing"
	"time"

	"karnak/internal/platform/clock"
)

var _ = []clock.Clock{clock.System{}, &clock.Manual{}}

func TestSystemTellsUTCInMicroseconds(t *testing.T) {
	t.Parallel()
	before := time.Now().Add(-time.Microsecond)
	now := clock.System{}.Now()
	if now.Location() != time.UTC || now.Nanosecond()%1000 != 0 || now.Before(before) || now.After(time.Now()) {
		t.Errorf("now is %v", now)
	}
	if got := <-(clock.System{}).After(time.Microsecond); got.Before(before) {
		t.Errorf("woke at %v", got)
	}
}

func TestManualStandsUntilItIsMoved(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 9, 30, 0, 1234567, time.FixedZone("", 3600))
	m := clock.NewManual(start)
	if want := start.UTC().Truncate(time.Microsecond); m.Now() != want {
		t.Errorf("starts at %v, not at %v", m.Now(), want)
	}
	before := m.Now()
	m.Advance(time.Hour)
	if m.Now().Sub(before) != time.Hour {
		t.Errorf("an hour on it is %v after %v", m.Now(), before)
	}
}

func TestManualWakes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		wait  time.Duration
		moves []time.Duration
		woken bool
	}{
		{"at once for nothing", 0, nil, true},
		{"at once for less than nothing", -time.Second, nil, true},
		{"not before it is moved", time.Second, nil, false},
		{"not a moment early", time.Second, []time.Duration{time.Second - 1}, false},
		{"exactly in time", time.Second, []time.Duration{time.Second}, true},
		{"after two moves", time.Second, []time.Duration{time.Second / 2, time.Second / 2}, true},
		{"when moved far past", time.Second, []time.Duration{time.Hour}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := clock.NewManual(time.Unix(0, 0))
			long, ch := m.After(1000*time.Hour), m.After(c.wait)
			for _, d := range c.moves {
				m.Advance(d)
			}
			select {
			case at := <-ch:
				if !c.woken || at != m.Now() {
					t.Errorf("woke at %v, it is %v", at, m.Now())
				}
			default:
				if c.woken {
					t.Error("was not woken")
				}
			}
			m.Advance(time.Hour)
			if len(long) != 0 {
				t.Error("woke somebody who waits longer")
			}
			if c.woken && len(ch) != 0 {
				t.Error("woke twice")
			}
		})
	}
}
