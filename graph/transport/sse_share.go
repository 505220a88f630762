package transport

import (
	"context"
	"errors"
	"io"

	"github.com/99designs/gqlgen/graphql"
)

// together answers a subscription with what others of its group are shown, and reports false where it has to be answered on its
// own. It returns when the stream is over.
func (st *eventStream) together(exec graphql.GraphExecutor, op *graphql.OperationContext) bool {
	s := st.s
	if s.Share == nil || !st.subscription {
		return false
	}
	sh := s.Share(op)
	if sh == nil {
		return false
	}
	opening, opened := context.WithTimeout(st.ctx, renderWithin)
	feed, err := sh.Open(opening)
	opened()
	if err != nil {
		return false // it is refused there, with its place in the document
	}
	defer feed.Close()
	g, _ := s.groups.join(sh, op)
	defer func() { s.groups.leave(g, s.Clock.Now()) }()
	r := reading{g: g, feed: feed, exec: exec, present: s.HTTP.present, clock: s.Clock}
	for st.tell(&r) {
	}
	return true
}

// tell offers the events that come next; it reports false when that was the end, of which it tells.
func (st *eventStream) tell(r *reading) bool {
	events, err := r.gather(st.ctx, true)
	payloads, errs := r.answers(events)
	for i, p := range payloads {
		if !st.offer(true, func(b []byte) []byte {
			return appendShown(b, events[i].Cursor, func(b []byte) []byte { return append(b, p...) })
		}) {
			return false
		}
	}
	switch {
	case errs != nil:
		st.fail(errs)
		return false
	case err == nil:
		return true
	case !errors.Is(err, io.EOF) && st.ctx.Err() == nil:
		SetStreamError(st.ctx, err)
	}
	st.conclude(false)
	return false
}
