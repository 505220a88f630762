package tape

import (
	"context"
	"sync"
	"time"
)

const (
	// between is the least time between two writes of one scribe: what comes within it is written together.
	between = 30 * time.Millisecond
	// mostWaiting is how much may wait to be written before who puts more has to wait, in bytes.
	mostWaiting = 64 << 10
)

// Scribe writes steps to a tape as they come, beside whoever makes them. Put is for one goroutine.
type Scribe struct {
	hold *Hold

	mu      sync.Mutex
	pending []Draft
	waiting int
	err     error
	// more tells the writer that there is something, room tells Put that there is room again.
	more, room    chan struct{}
	closing, done chan struct{}
}

// Scribe returns a scribe; Close ends it. What was put is written also where ctx has ended, if that is what it is made of.
func (h *Hold) Scribe(ctx context.Context) *Scribe {
	s := &Scribe{hold: h, more: make(chan struct{}, 1), room: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{})}
	go s.run(ctx)
	return s
}

// Put lets add change what waits to be written, by so many bytes; it waits where that is too much already. An error says that
// nothing more is written.
func (s *Scribe) Put(ctx context.Context, bytes int, add func(pending []Draft) []Draft) error {
	for {
		s.mu.Lock()
		err, full := s.err, s.waiting > mostWaiting
		if err == nil && !full {
			s.pending = add(s.pending)
			s.waiting += bytes
		}
		s.mu.Unlock()
		if err != nil || !full {
			notify(s.more)
			return err
		}
		select {
		case <-s.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Close returns when all was written, with the error that kept it from that.
func (s *Scribe) Close() error {
	close(s.closing)
	<-s.done
	return s.err
}

func (s *Scribe) run(ctx context.Context) {
	defer close(s.done)
	for closing := false; !closing; {
		select {
		case <-s.more:
		case <-s.closing:
			closing = true
		}
		if !s.write(ctx) || closing {
			return
		}
		select {
		case <-s.hold.engine.Clock.After(between):
		case <-s.closing:
		}
	}
}

// write writes what waits.
func (s *Scribe) write(ctx context.Context) bool {
	s.mu.Lock()
	drafts := s.pending
	s.pending, s.waiting = nil, 0
	s.mu.Unlock()
	notify(s.room)
	if len(drafts) == 0 {
		return true
	}
	if err := s.hold.Append(ctx, drafts...); err != nil {
		s.mu.Lock()
		s.err = err
		s.mu.Unlock()
		notify(s.room)
		return false
	}
	return true
}
