package transport

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"net"
	"sync"

	"github.com/coder/websocket"
)

const (
	// batchFrames and batchBytes bound what is written at once: more waits for the next write.
	batchFrames = 256
	batchBytes  = 64 << 10
	// The library's own buffers: it reads messages through one and writes nothing but control frames through the other.
	readBuffer  = 256
	writeBuffer = 256
)

// pipe is the connection below a websocket. Messages are written past the library, many at once, its control frames between
// them: each comes whole, in one write.
type pipe struct {
	net.Conn
	mu sync.Mutex
	// fd writes without waiting, where the system can.
	fd *quick
}

// Write writes all of b before anything else.
func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Conn.Write(b)
}

// try writes what can be written without waiting and returns how much that was. The rest has to be written by finish, before
// which nothing else is; held says whether try has to do with that.
func (p *pipe) try(b []byte) (n int, held bool, err error) {
	if p.fd == nil || !p.mu.TryLock() {
		return 0, false, nil
	}
	if n, err = p.fd.write(b); n == len(b) || err != nil {
		p.mu.Unlock()
		return n, false, err
	}
	return n, true, nil
}

// finish writes what try has left.
func (p *pipe) finish(rest []byte, held bool) error {
	if !held {
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	_, err := p.Conn.Write(rest)
	return err
}

// newPipe takes over a connection. What was read of it already stays in the reader's buffer, where the library looks for it.
func newPipe(raw net.Conn, read *bufio.Reader) (*pipe, *bufio.ReadWriter) {
	p := &pipe{Conn: raw, fd: newQuick(raw)}
	early, _ := read.Peek(read.Buffered()) // it is there
	in := bufio.NewReaderSize(bytes.NewReader(bytes.Clone(early)), max(readBuffer, len(early)))
	_, _ = in.Peek(len(early))
	return p, bufio.NewReadWriter(in, bufio.NewWriterSize(p, writeBuffer))
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
	done, held, err := c.raw.try(*batch)
	if err == nil && done < len(*batch) {
		c.writing.set(c.s.Clock.Now())
		return func() {
			err := c.raw.finish((*batch)[done:], held)
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

// hangUp ends the websocket with its code.
func (c *conn) hangUp(end *CloseError) {
	defer close(c.written)
	c.leaving.set(c.s.Clock.Now())
	if end.Code == codeLost || end.Code == codeNone {
		_ = c.ws.CloseNow()
		return
	}
	_ = c.ws.Close(websocket.StatusCode(end.Code), end.Reason)
}

// appendMessage appends a text message as one frame of a server, which is not masked.
func appendMessage(dst []byte, f *frame) []byte {
	const final, text = 0x80, 0x1
	switch n := f.size(); {
	case n < 126:
		dst = append(dst, final|text, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, final|text, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, final|text, 127), uint64(n))
	}
	if f.shared == nil {
		return append(dst, *f.data...)
	}
	return append(append(append(dst, f.op.head...), f.shared...), '}')
}
