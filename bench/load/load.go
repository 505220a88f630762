package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Caller is one connection's requests.
type Caller struct {
	Token string
	// Body returns the body of the n-th request, counted from 0.
	Body func(n int) []byte
}

// Test is a load on a server.
type Test struct {
	Addr, Path string
	Callers    []Caller
	// Want has to be in every answer.
	Want string
	// Warm is left out of the figures, For is measured; Most bounds the requests of a caller.
	Warm, For time.Duration
	Most      int
	// CPU returns the CPU times of the processes that are looked at.
	CPU func() ([]time.Duration, error)
}

// Result is what a load measured.
type Result struct {
	Requests int
	Seconds  float64
	P50, P99 time.Duration
	// CPU is the time that each process took for one request.
	CPU   []time.Duration
	Bytes int
	// Sent counts all requests that were answered, with those of the warm-up.
	Sent int
}

// Rate is the number of requests that were answered in a second.
func (r Result) Rate() float64 { return float64(r.Requests) / r.Seconds }

// Once sends one request and returns its answer.
func Once(addr, path string, c Caller) ([]byte, error) {
	x, err := dial(addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = x.Close() }() // nothing was left to send
	return x.do(encode(addr, path, c.Token, c.Body(0)))
}

// Run puts the load on. A wrong answer ends it with an error.
func Run(ctx context.Context, t Test) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, t.Warm+t.For)
	defer cancel()
	m := &meter{test: t, from: time.Now().Add(t.Warm)}
	var wg sync.WaitGroup
	for _, c := range t.Callers {
		wg.Go(func() {
			if err := m.call(ctx, c); err != nil {
				m.fail(err)
				cancel()
			}
		})
	}
	go func() {
		wg.Wait()
		cancel() // all have sent what they may
	}()
	r, err := m.watch(ctx)
	wg.Wait()
	if err = errors.Join(err, m.err); err != nil {
		return r, err
	}
	return m.sum(r)
}

type meter struct {
	test  Test
	from  time.Time
	mu    sync.Mutex
	err   error
	times []time.Duration
	sent  int
	size  int
}

func (m *meter) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = errors.Join(m.err, err)
}

// watch reads the CPU times when the warm-up ends and when all ends.
func (m *meter) watch(ctx context.Context) (r Result, err error) {
	select {
	case <-ctx.Done():
		return r, nil // a caller failed
	case <-time.After(time.Until(m.from)):
	}
	before, err := m.test.CPU()
	if err != nil {
		return r, err
	}
	start := time.Now()
	<-ctx.Done()
	after, err := m.test.CPU()
	r.Seconds = time.Since(start).Seconds()
	for i := range after {
		r.CPU = append(r.CPU, after[i]-before[i])
	}
	return r, err
}

func (m *meter) call(ctx context.Context, c Caller) error {
	x, err := dial(m.test.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = x.Close() }() // nothing was left to send
	var times []time.Duration
	n, size, want := 0, 0, []byte(m.test.Want)
	for ; ctx.Err() == nil && n < m.test.Most; n++ {
		request := encode(m.test.Addr, m.test.Path, c.Token, c.Body(n))
		start := time.Now()
		body, err := x.do(request)
		if err != nil {
			return err
		}
		took := time.Since(start)
		if !bytes.Contains(body, want) {
			return fmt.Errorf("a wrong answer: %.400s", body)
		}
		size = len(body)
		if start.After(m.from) && ctx.Err() == nil {
			times = append(times, took)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.times = append(m.times, times...)
	m.sent, m.size = m.sent+n, size
	return nil
}

func (m *meter) sum(r Result) (Result, error) {
	r.Requests, r.Bytes, r.Sent = len(m.times), m.size, m.sent
	if r.Requests == 0 {
		return r, errors.New("no request was answered in time")
	}
	slices.Sort(m.times)
	r.P50, r.P99 = m.times[r.Requests/2], m.times[r.Requests*99/100]
	for i := range r.CPU {
		r.CPU[i] /= time.Duration(r.Requests)
	}
	return r, nil
}
