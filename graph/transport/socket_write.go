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
	readBuffer  = 1 << 10
	writeBuffer = 256
)

// pipe is the connection below a websocket. Messages are written past the library, many at once, its control frames between
// them: each comes whole, in one write.
type pipe struct {
	net.Conn
	mu sync.Mutex
}

// Write writes all of b before anything else.
func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Conn.Write(b)
}

// newPipe takes over a connection. What was read of it already stays in the reader's buffer, where the library looks for it.
func newPipe(raw net.Conn, read *bufio.Reader) (*pipe, *bufio.ReadWriter) {
	p := &pipe{Conn: raw}
	early, _ := read.Peek(read.Buffered()) // it is there
	in := bufio.NewReaderSize(bytes.NewReader(bytes.Clone(early)), max(readBuffer, len(early)))
	_, _ = in.Peek(len(early))
	return p, bufio.NewReadWriter(in, bufio.NewWriterSize(p, writeBuffer))
}

// flush writes what waits, until nothing does; then the next message that comes has to be flushed anew. After the end of the
// connection it closes it. One goroutine at a time is in it, by way of busy.
func (c *conn) flush() {
	for {
		batch, n, end := c.next()
		if end != nil {
			c.hangUp(end)
			return
		}
		if n == 0 {
			return
		}
		c.writing.set(c.s.Clock.Now())
		_, err := c.raw.Write(*batch)
		c.writing.clear()
		c.s.buffers.put(batch)
		if err != nil {
			c.close(&CloseError{Code: codeLost})
		}
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
