package transport

import (
	"encoding/binary"
	"errors"
	"net"
	"sync"

	"golang.org/x/sys/unix"
)

// poller waits for many connections at once, so that none needs a goroutine while it is silent. Each is looked at once, and
// has to be armed anew.
type poller struct {
	fd, wake int

	mu    sync.Mutex
	last  uint64
	conns map[uint64]*conn
}

// newPoller starts a poller; nil where the system has none to give.
func newPoller() *poller {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(fd)
		return nil
	}
	p := &poller{fd: fd, wake: wake, conns: map[uint64]*conn{}}
	if unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, wake, &unix.EpollEvent{Events: unix.EPOLLIN}) != nil {
		p.free()
		return nil
	}
	go p.run()
	return p
}

func (p *poller) free() {
	_ = unix.Close(p.wake)
	_ = unix.Close(p.fd)
}

// close ends the poller; no connection is left.
func (p *poller) close() {
	_, _ = unix.Write(p.wake, binary.NativeEndian.AppendUint64(nil, 1))
}

// run starts a goroutine for each connection that has something to read.
func (p *poller) run() {
	defer p.free()
	events := make([]unix.EpollEvent, 256)
	for {
		n, err := unix.EpollWait(p.fd, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		for i := range max(n, 0) {
			token := tokenOf(&events[i])
			if token == 0 {
				return
			}
			if c := p.find(token); c != nil {
				go c.readable()
			}
		}
	}
}

func (p *poller) find(token uint64) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conns[token]
}

// arm has a connection looked at once.
func (p *poller) arm(c *conn) error {
	do, token := p.know(c)
	if token == 0 {
		return net.ErrClosed
	}
	e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT}
	setToken(&e, token)
	var failed error
	err := c.raw.fd.raw.Control(func(fd uintptr) { failed = unix.EpollCtl(p.fd, do, int(fd), &e) })
	return errors.Join(err, failed)
}

// know returns how to arm a connection, and by what it is known; 0 for one that is to be forgotten.
func (p *poller) know(c *conn) (do int, token uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case c.reader.forgot:
		return 0, 0
	case c.reader.token > 0:
		return unix.EPOLL_CTL_MOD, c.reader.token
	}
	p.last++
	c.reader.token = p.last
	p.conns[p.last] = c
	return unix.EPOLL_CTL_ADD, p.last
}

// forget drops a connection that was closed.
func (p *poller) forget(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.reader.forgot = true
	delete(p.conns, c.reader.token)
}

// The system keeps 64 bits for an event; 0 is who wakes the poller.

func tokenOf(e *unix.EpollEvent) uint64 { return uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32 }

func setToken(e *unix.EpollEvent, token uint64) { e.Fd, e.Pad = int32(uint32(token)), int32(token>>32) }
