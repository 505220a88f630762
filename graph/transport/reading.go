package transport

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/clock"
)

const (
	// gathered is how many events that are there already are written at once to those who follow live; returned, to one who
	// catches up.
	gathered, returned = 32, 128
	// renderWithin bounds the execution of one event.
	renderWithin = 10 * time.Second
)

// reading is somebody's feed, whose events are answered for all of their group.
type reading struct {
	g       *group
	feed    Feed
	exec    graphql.GraphExecutor
	present Present
	clock   clock.Clock
	// live says that what comes now has happened since everything before was told.
	live bool
}

// gather takes the events that are there; where there is none it waits for one, or not. With an error come those before it,
// unless it takes away the right to see them.
func (r *reading) gather(ctx context.Context, wait bool) (events []Event, err error) {
	for e, ok, err := r.first(ctx, wait); ; e, ok, err = r.feed.Poll(ctx) {
		switch {
		case err != nil && denies(err):
			return nil, err // what was seen and not yet written is not told any more
		case err != nil || !ok:
			return events, err
		}
		if events = append(events, e); len(events) == returned {
			return events, nil
		}
	}
}

func (r *reading) first(ctx context.Context, wait bool) (e Event, ok bool, err error) {
	if e, ok, err = r.feed.Poll(ctx); ok || err != nil {
		return e, ok, err
	}
	r.live = true
	if !wait {
		return e, false, nil
	}
	e, err = r.feed.Next(ctx)
	return e, err == nil, err
}

// answers executes the operation for events, unless others did, and returns their payloads; with errors those before it.
func (r *reading) answers(events []Event) (payloads [][]byte, errs gqlerror.List) {
	ctx := context.Background()
	if len(events) > 1 && r.g.share.Ahead != nil {
		ctx = r.g.share.Ahead(ctx, events)
	}
	payloads = make([][]byte, 0, len(events))
	latest := r.feed.Latest()
	for _, e := range events {
		payload, errs := r.g.render(r.clock.Now(), e.Seq, latest, r.live, func() ([]byte, bool, gqlerror.List) { return r.render(ctx, e) })
		if payload == nil {
			return payloads, errs
		}
		payloads = append(payloads, payload)
	}
	return payloads, nil
}

// render executes the operation for one event, on behalf of all. It is clean when there are no errors in it.
func (r *reading) render(ctx context.Context, e Event) (payload []byte, clean bool, errs gqlerror.List) {
	ctx, cancel := context.WithTimeout(r.g.share.For(ctx, e), renderWithin)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			payload, clean, errs = nil, false, gqlerror.List{r.present(ctx, recovered(p))}
		}
	}()
	ctx = withStream(graphql.StartOperationTrace(ctx), &stream{denied: func() {}})
	next, dispatched := r.exec.DispatchOperation(ctx, r.g.oc)
	resp := next(dispatched)
	switch {
	case resp == nil:
		return nil, false, gqlerror.List{r.present(ctx, cutShort())}
	case len(resp.Data) == 0 && len(resp.Errors) > 0:
		return nil, false, resp.Errors
	}
	return appendResponse(nil, resp), len(resp.Errors) == 0, nil
}

// again is an operation to be executed for a group: without the headers of who came first, which are theirs.
func again(oc *graphql.OperationContext) *graphql.OperationContext {
	return &graphql.OperationContext{
		RawQuery: oc.RawQuery, Variables: oc.Variables, OperationName: oc.OperationName, Doc: oc.Doc, Extensions: oc.Extensions,
		Operation: oc.Operation, DisableIntrospection: oc.DisableIntrospection, RecoverFunc: oc.RecoverFunc,
		ResolverMiddleware: oc.ResolverMiddleware, RootResolverMiddleware: oc.RootResolverMiddleware, Stats: oc.Stats,
	}
}
