package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// missed is how many events one who comes back did not get.
const missed = 1000

// resumed is how long those who come back take to have what they missed, from their subscribe on. Alone are those who ask for it as
// nobody else does, so that it is read and executed for them.
type resumed struct {
	Server  string  `json:"server"`
	Resumes int     `json:"resumes"`
	Missed  int     `json:"missed"`
	Alone   bool    `json:"alone"`
	P50Ms   float64 `json:"resumeP50Ms"`
	P99Ms   float64 `json:"resumeP99Ms"`
}

// resume has sockets come back one after the other, each after the same cursor, while the others follow.
func (b *bench) resume(ctx context.Context, t *target, r *report) error {
	after, err := t.cursor(ctx)
	if err != nil {
		return err
	}
	if err := t.fill(ctx, missed); err != nil {
		return err
	}
	b.say("%s: %d come back", karnak, 2*b.resumes)
	for _, alone := range []bool{false, true} {
		var took []time.Duration
		for i := range b.resumes {
			name := ""
			if alone {
				name = fmt.Sprint("Alone", i)
			}
			d, err := t.comeBack(ctx, t.after(after, name))
			if err != nil {
				return err
			}
			took = append(took, d)
		}
		slices.Sort(took)
		at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
		if err := json.NewEncoder(r.out).Encode(resumed{karnak, b.resumes, missed, alone, at(0.5), at(0.99)}); err != nil {
			return err
		}
	}
	return nil
}

// cursor is that of an event that it makes.
func (t *target) cursor(ctx context.Context) (string, error) {
	conn, in, err := dial(ctx, t, t.sub)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	for {
		if err := t.publish(ctx, "one"); err != nil {
			return "", err
		}
		if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			return "", err
		}
		_, b, err := message(in)
		if err != nil {
			return "", err
		}
		if _, rest, ok := bytes.Cut(b, []byte(`"cursor":"`)); ok {
			cursor, _, _ := bytes.Cut(rest, []byte(`"`))
			return string(cursor), nil
		}
	}
}

// fill makes events.
func (t *target) fill(ctx context.Context, n int) error {
	const writers = 16
	var all sync.WaitGroup
	errs := make([]error, writers)
	for w := range writers {
		all.Go(func() {
			for i := w; i < n && errs[w] == nil; i += writers {
				errs[w] = t.publish(ctx, text(i))
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// comeBack tells how long it takes from the subscribe to the last event that was missed.
func (t *target) comeBack(ctx context.Context, subscribe string) (time.Duration, error) {
	conn, in, err := dial(ctx, t, "")
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	began := time.Now()
	if _, err := conn.Write(masked(subscribe)); err != nil {
		return 0, err
	}
	for n := 0; n < missed; {
		_, b, err := message(in)
		switch {
		case err != nil:
			return 0, err
		case bytes.Contains(b, []byte(`"cursor":"`)):
			n++
		case bytes.Contains(b, []byte(`"errors"`)), bytes.Contains(b, []byte(`"type":"error"`)):
			return 0, fmt.Errorf("came %.300s", b)
		}
	}
	return time.Since(began), nil
}
