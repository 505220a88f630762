// Package batch gathers look-ups that the fields of one answer make one by one, and answers them with one query.
package batch

import (
	"context"
	"sync"
	"time"

	"github.com/vikstrous/dataloadgen"
)

type scopeKey struct{}

type scope struct {
	mu     sync.Mutex
	single bool
	kept
}

// kept is what a scope remembers, by kind: an answer has few of them.
type kept struct {
	loaders kinds
	// told are the keys that Expect was told of, by kind or family; flights the queries of each kind.
	told    kinds
	flights kinds
}

// kinds holds a value for each of a few kinds.
type kinds []struct{ kind, value any }

func (k kinds) get(kind any) any {
	for i := range k {
		if k[i].kind == kind {
			return k[i].value
		}
	}
	return nil
}

func (k *kinds) add(kind, value any) { *k = append(*k, struct{ kind, value any }{kind, value}) }

// WithScope returns a context whose look-ups are gathered and remembered; one scope serves one answer. A look-up of a key that
// nobody expects waits a moment for others of its kind, as fields that are answered at the same time make them.
func WithScope(ctx context.Context) context.Context {
	return context.WithValue(ctx, scopeKey{}, &scope{})
}

// WithSingle is WithScope for an answer whose fields come one after another, as those of one root field or of an event do:
// there is nobody to wait for. One that is there already stays: several answers, one after another, may share it.
func WithSingle(ctx context.Context) context.Context {
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok && s.single {
		return ctx
	}
	return context.WithValue(ctx, scopeKey{}, &scope{single: true})
}

// Forget drops what the scope remembers, as after a change: what is asked for from then on is looked up anew.
func Forget(ctx context.Context) {
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.kept = kept{}
	}
}

// wait is how long a look-up waits for others of its kind.
const wait = 300 * time.Microsecond

// Load looks one key up. Look-ups of the same kind, an equal comparable value, share calls of fetch, which returns what it
// found by key; a missing key comes back as the zero value. Without a scope it is a call of fetch.
func Load[K comparable, V any](ctx context.Context, kind any, key K, fetch func(context.Context, []K) (map[K]V, error)) (V, error) {
	s, ok := ctx.Value(scopeKey{}).(*scope)
	if !ok {
		found, err := fetch(ctx, []K{key})
		return found[key], err
	}
	s.mu.Lock()
	if f := flightOf(s, kind, key); f != nil {
		s.mu.Unlock()
		return land(ctx, f, key, fetch)
	}
	l, ok := s.loaders.get(kind).(*dataloadgen.Loader[K, V])
	if !ok {
		l = dataloadgen.NewLoader(func(ctx context.Context, keys []K) ([]V, []error) {
			return spread(ctx, keys, fetch)
		}, dataloadgen.WithWait(wait), dataloadgen.WithBatchCapacity(500))
		s.loaders.add(kind, l)
	}
	s.mu.Unlock()
	return l.Load(ctx, key)
}

func spread[K comparable, V any](ctx context.Context, keys []K, fetch func(context.Context, []K) (map[K]V, error)) ([]V, []error) {
	found, err := fetch(ctx, keys)
	out := make([]V, len(keys))
	if err != nil {
		errs := make([]error, len(keys))
		for i := range errs {
			errs[i] = err
		}
		return out, errs
	}
	for i, k := range keys {
		out[i] = found[k]
	}
	return out, nil
}
