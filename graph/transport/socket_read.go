package transport

import (
	"encoding/binary"
	"slices"
	"sync/atomic"
)

// readAtOnce is how much is read in one go.
const readAtOnce = 4 << 10

// What the reader of a connection is at.
const (
	reads int32 = iota
	// waits: it has no goroutine; the poller starts one when there is something to read.
	waits
	over
)

// reader is the state of reading; who takes it to over says so to conn.part.
type reader struct {
	is atomic.Int32
	// The poller's lock covers these: by what it knows the connection, and that it was told to forget it.
	token  uint64
	forgot bool
}

// listen takes in what came with the handshake, and then whatever comes.
func (c *conn) listen(early []byte) {
	c.arrived(early)
	if c.poll == nil || c.raw.fd == nil {
		go c.readOn()
		return
	}
	c.await()
}

// await leaves the connection to the poller until there is something to read. One that the poller does not take is read by a
// goroutine, which also finds out when it was closed.
func (c *conn) await() {
	c.reader.is.Store(waits)
	if c.poll.arm(c) != nil && c.reader.is.CompareAndSwap(waits, reads) {
		go c.readOn()
	}
}

// readable reads what is there, in a goroutine that takes the stack which that needs along when it ends.
func (c *conn) readable() {
	if !c.reader.is.CompareAndSwap(waits, reads) {
		return
	}
	buf := c.s.buffers.get()
	defer c.s.buffers.put(buf)
	*buf = slices.Grow(*buf, readAtOnce)[:readAtOnce]
	n, err := c.raw.fd.read(*buf)
	if err != nil {
		c.gone()
		return
	}
	c.arrived((*buf)[:n])
	c.await()
}

// readOn reads until the connection ends, where no poller can wait for it.
func (c *conn) readOn() {
	buf := make([]byte, 512)
	for {
		n, err := c.raw.Read(buf)
		if err != nil {
			c.gone()
			return
		}
		c.arrived(buf[:n])
	}
}

// arrived takes in what was read. A panic ends the connection.
func (c *conn) arrived(b []byte) {
	if c.in.deaf {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			c.in.deaf = true
			c.close(c.broken(p))
		}
	}()
	if end := c.feed(b); end != nil {
		c.in.deaf = true
		c.close(end)
	}
}

// parting notes that the client closes, with a code or without. When it was told ours, all is said.
func (c *conn) parting(payload []byte) *CloseError {
	end := &CloseError{Code: codeNone}
	if len(payload) >= 2 {
		end.Code = int(binary.BigEndian.Uint16(payload))
	}
	c.mu.Lock()
	c.parted = true
	told := c.told
	c.mu.Unlock()
	if told {
		c.shut()
	}
	return end
}

// gone ends the reading of a connection that cannot be read any more.
func (c *conn) gone() {
	c.close(&CloseError{Code: codeLost})
	_ = c.raw.Close()
	c.reader.is.Store(over)
	c.ended()
}

// shut ends the connection below. A reader that waits has nothing to wait for.
func (c *conn) shut() {
	_ = c.raw.Close()
	if c.reader.is.CompareAndSwap(waits, over) {
		c.ended()
	}
}

// ended gives back what reading held.
func (c *conn) ended() {
	if c.poll != nil {
		c.poll.forget(c)
	}
	c.part()
}
