package transport

import "time"

// sweepUntil looks after all connections until the last one is gone. One goroutine and one timer serve them all.
func (s *Socket) sweepUntil(empty <-chan struct{}) {
	for {
		select {
		case <-empty:
			s.groups.sweep(s.Clock.Now().Add(keptFor))
			return
		case <-s.Clock.After(s.tick):
			s.sweep()
		}
	}
}

func (s *Socket) sweep() {
	now := s.Clock.Now()
	s.groups.sweep(now)
	for _, c := range s.snapshot() {
		if c.attached.Load() {
			c.check(now)
		}
	}
}

// check ends a connection that is overdue in any way, and pings a silent one.
func (c *conn) check(now time.Time) {
	s := c.s
	switch write := c.writing.age(now); {
	case write >= s.WriteTimeout-s.tick, c.leaving.age(now) >= s.grace:
		c.cut()
	case write >= s.WriteTimeout-s.grace:
		if c.close(closing(CloseSlow, "Too slow: connect again and resume after your last cursor")) {
			s.Observer.Slow()
		}
	case c.unacknowledged() && c.opened.age(now) >= s.InitTimeout:
		c.close(closing(CloseInitTimeout, "Connection initialisation timeout"))
	case c.unanswered() && c.pinged.age(now) >= s.PingEvery-3*s.tick:
		c.cut()
	case max(c.pinged.at.Load(), c.heard.at.Load()) <= now.Add(-s.PingEvery).UnixNano() && c.idle():
		c.ping(now)
	}
}

func (c *conn) unacknowledged() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.proto.phase != phaseReady
}

// unanswered reports whether nothing was heard since the last ping.
func (c *conn) unanswered() bool {
	return !c.pinged.never() && c.heard.at.Load() < c.pinged.at.Load()
}

// idle reports whether nothing is being written: then a ping has to wait for nothing.
func (c *conn) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end == nil && len(c.out.frames) == 0 && c.writing.never()
}

// ping sends a ping of the websocket, which browsers answer by themselves; the answer is noticed as any sign of life is.
func (c *conn) ping(now time.Time) {
	c.pinged.set(now)
	c.control(framePing, nil)
}
