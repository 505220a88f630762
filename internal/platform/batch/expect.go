package batch

import (
	"context"
	"errors"
	"sync"
)

// most bounds the keys of one query.
const most = 500

// Family is a kind that is expected together with others: several look-ups by the same keys, as those of the channels of a
// page, or one with different arguments.
type Family interface{ Family() any }

func familyOf(kind any) any {
	if f, ok := kind.(Family); ok {
		return f.Family()
	}
	return kind
}

// lists are what Expect was told of one kind or family.
type lists[K comparable] struct{ of [][]K }

// flights are the queries of a kind.
type flights[K comparable] struct {
	// first is the one of the key that came first, which is often the only one; by has the others.
	key   K
	first *flight[K]
	by    map[K]*flight[K]
	// heard is how many of the lists have boarded.
	heard int
	// open is the flight that still takes keys.
	open *flight[K]
}

// flight is one query for several keys; whoever asks for one of them first makes it. What is known beforehand is found without
// one.
type flight[K comparable] struct {
	keys  []K
	once  sync.Once
	known bool
	found any
	err   error
}

// Expect tells the keys of a kind or family that the fields of this answer will probably look up, as the authors of a page of
// messages. The first look-up of one of them fetches all of them, at once; nothing is fetched when there is none. The caller
// leaves the keys as they are.
func Expect[K comparable](ctx context.Context, kind any, keys []K) {
	s, ok := ctx.Value(scopeKey{}).(*scope)
	if !ok || len(keys) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.told.get(kind).(*lists[K])
	if !ok {
		l = &lists[K]{}
		s.told.add(kind, l)
	}
	l.of = append(l.of, keys)
}

// Know tells what a key of a kind stands for, where that was found on the way to something else. A look-up of it fetches
// nothing; one that was made before keeps its answer.
func Know[K comparable, V any](ctx context.Context, kind any, key K, value V) {
	s, ok := ctx.Value(scopeKey{}).(*scope)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := flightsOf[K](s, kind)
	if e.of(key) != nil {
		return
	}
	e.put(key, &flight[K]{known: true, found: value})
}

// flightOf returns the flight of a key, and closes it to further keys; nil for a key that nobody expects and that others may
// ask for at the same time. The scope is locked.
func flightOf[K comparable](s *scope, kind any, key K) *flight[K] {
	e := flightsOf[K](s, kind)
	if l, ok := s.told.get(familyOf(kind)).(*lists[K]); ok {
		for _, keys := range l.of[e.heard:] {
			e.board(keys)
		}
		e.heard = len(l.of)
	}
	f := e.of(key)
	if f == nil && s.single {
		f = &flight[K]{keys: []K{key}, err: errUnfinished}
		e.put(key, f)
	}
	if f != nil && f == e.open {
		e.open = nil
	}
	return f
}

func flightsOf[K comparable](s *scope, kind any) *flights[K] {
	e, ok := s.flights.get(kind).(*flights[K])
	if !ok {
		e = &flights[K]{}
		s.flights.add(kind, e)
	}
	return e
}

// of returns the flight of a key, nil for none.
func (e *flights[K]) of(key K) *flight[K] {
	if e.first != nil && e.key == key {
		return e.first
	}
	return e.by[key]
}

func (e *flights[K]) put(key K, f *flight[K]) {
	switch {
	case e.first == nil:
		e.key, e.first = key, f
		return
	case e.by == nil:
		e.by = map[K]*flight[K]{}
	}
	e.by[key] = f
}

func (e *flights[K]) board(keys []K) {
	for _, k := range keys {
		if e.of(k) != nil {
			continue
		}
		if e.open == nil || len(e.open.keys) == most {
			e.open = &flight[K]{err: errUnfinished}
		}
		e.put(k, e.open)
		e.open.keys = append(e.open.keys, k)
	}
}

// errUnfinished is what the others get when a fetch panics.
var errUnfinished = errors.New("batch: a fetch did not end")

func land[K comparable, V any](ctx context.Context, f *flight[K], key K, fetch func(context.Context, []K) (map[K]V, error)) (V, error) {
	if f.known {
		v, _ := f.found.(V)
		return v, nil
	}
	f.once.Do(func() {
		found, err := fetch(ctx, f.keys)
		f.found, f.err = found, err
	})
	found, _ := f.found.(map[K]V)
	return found[key], f.err
}
