package transport

import (
	"encoding/binary"
	"net"
)

const (
	// batchFrames and batchBytes bound what is written at once: more waits for the next write.
	batchFrames = 256
	batchBytes  = 64 << 10
)

// pipe is the connection below a websocket. One at a time writes to it, and one reads.
type pipe struct {
	net.Conn
	// fd reads and writes without waiting, where the system can.
	fd *quick
}

// try writes what can be written without waiting and returns how much that was.
func (p *pipe) try(b []byte) (int, error) {
	if p.fd == nil {
		return 0, nil
	}
	return p.fd.write(b)
}

// flush writes what waits, until nothing does; then the next message that comes has to be flushed anew. After the end of the
// connection it closes it. One goroutine at a time is in it, by way of busy.
func (c *conn) flush() {
	for {
		rest, more := c.step()
		if rest != nil {
			rest()
		}
		if !more {
			return
		}
	}
}

// push is flush for who must not wait: what the client does not take at once is written by a goroutine.
func (c *conn) push() {
	for {
		rest, more := c.step()
		if rest != nil {
			go func() {
				if rest(); more {
					c.flush()
				}
			}()
			return
		}
		if !more {
			return
		}
	}
}

// step writes a batch without waiting. What is left to do is rest, which may wait; more says that there may be more to write.
func (c *conn) step() (rest func(), more bool) {
	batch, n, end := c.next()
	switch {
	case end != nil:
		return func() { c.hangUp(end) }, false
	case n == 0:
		return nil, false
	}
	done, err := c.raw.try(*batch)
	if err == nil && done < len(*batch) {
		c.writing.set(c.s.Clock.Now())
		return func() {
			_, err := c.raw.Write((*batch)[done:])
			c.writing.clear()
			c.wrote(batch, err)
		}, true
	}
	c.wrote(batch, err)
	return nil, true
}

func (c *conn) wrote(batch *[]byte, err error) {
	c.s.buffers.put(batch)
	if err != nil {
		c.close(&CloseError{Code: codeLost})
	}
}

// hangUp tells the client the end, and closes the connection below once the client has said the same; see gone and check for
// one that does not.
func (c *conn) hangUp(end *CloseError) {
	defer c.part()
	c.leaving.set(c.s.Clock.Now())
	if end.Code == codeLost {
		c.shut()
		return
	}
	_, _ = c.raw.Write(appendClose(nil, end)) // a client that is gone is noticed by the reader
	c.mu.Lock()
	c.told = true
	parted := c.parted
	c.mu.Unlock()
	if parted {
		c.shut()
	}
}

// appendMessage appends a message as one frame of a server, which is not masked.
func appendMessage(dst []byte, f *frame) []byte {
	kind := byte(frameFinal | frameText)
	if f.kind != 0 {
		kind = frameFinal | f.kind
	}
	switch n := f.size(); {
	case n < 126:
		dst = append(dst, kind, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, kind, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, kind, 127), uint64(n))
	}
	if f.shared == nil {
		return append(dst, *f.data...)
	}
	return append(append(append(dst, f.op.head...), f.shared...), '}')
}
