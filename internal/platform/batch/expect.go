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
	by map[K]*flight[K]
	// heard is how many of the lists have boarded.
	heard int
	// open is the flight that still takes keys.
	open *flight[K]
}

// flight is one query for several keys; whoever asks for one of them first makes it.
type flight[K comparable] struct {
	keys  []K
	once  sync.Once
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
	l, ok := s.told[kind].(*lists[K])
	if !ok {
		l = &lists[K]{}
		s.told[kind] = l
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
	if e.by[key] != nil {
		return
	}
	f := &flight[K]{found: map[K]V{key: value}}
	f.once.Do(func() {})
	e.by[key] = f
}

// flightOf returns the flight of a key, and closes it to further keys; nil for a key that nobody expects and that others may
// ask for at the same time. The scope is locked.
func flightOf[K comparable](s *scope, kind any, key K) *flight[K] {
	e := flightsOf[K](s, kind)
	if l, ok := s.told[familyOf(kind)].(*lists[K]); ok {
		for _, keys := range l.of[e.heard:] {
			e.board(keys)
		}
		e.heard = len(l.of)
	}
	f := e.by[key]
	if f == nil && s.single {
		f = &flight[K]{keys: []K{key}, err: errUnfinished}
		e.by[key] = f
	}
	if f != nil && f == e.open {
		e.open = nil
	}
	return f
}

func flightsOf[K comparable](s *scope, kind any) *flights[K] {
	e, ok := s.flights[kind].(*flights[K])
	if !ok {
		e = &flights[K]{by: map[K]*flight[K]{}}
		s.flights[kind] = e
	}
	return e
}

func (e *flights[K]) board(keys []K) {
	for _, k := range keys {
		if e.by[k] != nil {
			continue
		}
		if e.open == nil || len(e.open.keys) == most {
			e.open = &flight[K]{err: errUnfinished}
		}
		e.by[k] = e.open
		e.open.keys = append(e.open.keys, k)
	}
}

// errUnfinished is what the others get when a fetch panics.
var errUnfinished = errors.New("batch: a fetch did not end")

func land[K comparable, V any](ctx context.Context, f *flight[K], key K, fetch func(context.Context, []K) (map[K]V, error)) (V, error) {
	f.once.Do(func() {
		found, err := fetch(ctx, f.keys)
		f.found, f.err = found, err
	})
	found, _ := f.found.(map[K]V)
	return found[key], f.err
}
