package batch

import (
	"context"
	"errors"
	"sync"
)

// most bounds the keys of one query.
const most = 500

// expected are the keys of a kind that an answer will probably ask for.
type expected[K comparable] struct {
	// told are lists that nobody has asked for a key since.
	told    [][]K
	flights map[K]*flight[K]
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

// Expect tells the keys of a kind that the fields of this answer will probably look up, as the authors of a page of messages.
// The first look-up of one of them fetches all of them, at once; nothing is fetched when there is none. The caller leaves the
// keys as they are.
func Expect[K comparable](ctx context.Context, kind any, keys []K) {
	s, ok := ctx.Value(scopeKey{}).(*scope)
	if !ok || len(keys) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.expected[kind].(*expected[K])
	if !ok {
		e = &expected[K]{flights: map[K]*flight[K]{}}
		s.expected[kind] = e
	}
	e.told = append(e.told, keys)
}

// flightOf returns the flight of a key, and closes it to further keys; nil for a key that nobody expects. The scope is locked.
func flightOf[K comparable](s *scope, kind any, key K) *flight[K] {
	e, ok := s.expected[kind].(*expected[K])
	if !ok {
		return nil
	}
	for _, keys := range e.told {
		e.board(keys)
	}
	e.told = nil
	f := e.flights[key]
	if f != nil && f == e.open {
		e.open = nil
	}
	return f
}

func (e *expected[K]) board(keys []K) {
	for _, k := range keys {
		if e.flights[k] != nil {
			continue
		}
		if e.open == nil || len(e.open.keys) == most {
			e.open = &flight[K]{err: errUnfinished}
		}
		e.flights[k] = e.open
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
