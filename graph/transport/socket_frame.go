package transport

import "encoding/binary"

// Kinds of frames.
const (
	frameMore   = 0x0
	frameText   = 0x1
	frameBinary = 0x2
	frameClose  = 0x8
	framePing   = 0x9
	framePong   = 0xa

	// frameFinal says that a message ends with this frame.
	frameFinal = 0x80
	// mostControl is what a close, a ping or a pong has room for.
	mostControl = 125
)

// header is that of a frame of a client.
type header struct {
	kind  byte
	final bool
	mask  [4]byte
	// size is the header's, 0 while it is not whole; length is the payload's.
	size, length int
}

// parseHeader reads the header that b begins with.
func parseHeader(b []byte) (h header, end *CloseError) {
	if len(b) < 2 {
		return h, nil
	}
	h.kind, h.final, h.length = b[0]&0xf, b[0]&frameFinal != 0, int(b[1]&0x7f)
	switch {
	case b[0]&0x70 != 0:
		return h, closing(CloseProtocol, "A frame has reserved bits")
	case b[1]&0x80 == 0:
		return h, closing(CloseProtocol, "A frame is not masked")
	case h.kind > framePong || h.kind > frameBinary && h.kind < frameClose:
		return h, closing(CloseProtocol, "A frame is of an unknown kind")
	case h.kind >= frameClose && (!h.final || h.length > mostControl):
		return h, closing(CloseProtocol, "A control frame is too long or in parts")
	}
	size := 2
	switch h.length {
	case 126:
		size = 4
	case 127:
		size = 10
	}
	if len(b) < size+len(h.mask) {
		return h, nil
	}
	switch size {
	case 4:
		h.length = int(binary.BigEndian.Uint16(b[2:]))
	case 10:
		n := binary.BigEndian.Uint64(b[2:])
		if n > 1<<40 {
			return h, closing(CloseTooBig, "Message too big")
		}
		h.length = int(n)
	}
	copy(h.mask[:], b[size:])
	h.size = size + len(h.mask)
	return h, nil
}

// unmask takes the mask off a payload.
func unmask(b []byte, mask [4]byte) {
	word := uint64(binary.LittleEndian.Uint32(mask[:]))
	word |= word << 32
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^word)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= mask[i&3]
	}
}

// inbox puts what a client sends together to messages. Between two of them it holds nothing.
type inbox struct {
	// rest is what is there of a frame that is not whole, parts of a message.
	rest, parts *[]byte
	// deaf: what comes is not looked at any more.
	deaf bool
}

// feed takes bytes in as they come. What it returns ends the connection, and nothing is taken in afterwards.
func (c *conn) feed(b []byte) *CloseError {
	if c.in.rest != nil {
		*c.in.rest = append(*c.in.rest, b...)
		b = *c.in.rest
	}
	for {
		h, end := parseHeader(b)
		switch {
		case end != nil:
			return end
		case h.size > 0 && h.kind < frameClose && int64(h.length)+c.in.held() > c.s.MaxMessage:
			return closing(CloseTooBig, "Message too big: it has at most %d bytes", c.s.MaxMessage)
		case h.size == 0 || len(b) < h.size+h.length:
			c.keep(b)
			return nil
		}
		payload := b[h.size : h.size+h.length]
		b = b[h.size+h.length:]
		unmask(payload, h.mask)
		if end := c.frame(h, payload); end != nil {
			return end
		}
	}
}

// held is the length of what there is of a message.
func (in *inbox) held() int64 {
	if in.parts == nil {
		return 0
	}
	return int64(len(*in.parts))
}

// keep holds what is not whole until the rest comes.
func (c *conn) keep(b []byte) {
	switch {
	case c.in.rest == nil && len(b) == 0:
	case c.in.rest == nil:
		c.in.rest = c.s.buffers.get()
		*c.in.rest = append(*c.in.rest, b...)
	case len(b) == 0:
		c.s.buffers.put(c.in.rest)
		c.in.rest = nil
	default:
		n := copy(*c.in.rest, b)
		*c.in.rest = (*c.in.rest)[:n]
	}
}

// frame takes a whole frame in.
func (c *conn) frame(h header, payload []byte) *CloseError {
	c.hear()
	switch h.kind {
	case framePing:
		c.control(framePong, payload)
		return nil
	case framePong:
		return nil
	case frameClose:
		return c.parting(payload)
	case frameBinary:
		return badMessage("it has to be text")
	case frameText:
		if c.in.parts != nil {
			return closing(CloseProtocol, "A message begins within another")
		}
		if h.final {
			c.message(payload)
			return nil
		}
		c.in.parts = c.s.buffers.get()
	case frameMore:
		if c.in.parts == nil {
			return closing(CloseProtocol, "A message goes on that did not begin")
		}
	}
	*c.in.parts = append(*c.in.parts, payload...)
	if h.final {
		whole := c.in.parts
		c.in.parts = nil
		defer c.s.buffers.put(whole)
		c.message(*whole)
	}
	return nil
}

// control queues a control frame.
func (c *conn) control(kind byte, payload []byte) {
	data := c.s.buffers.get()
	*data = append(*data, payload...)
	if !c.put(frame{kind: kind, data: data}, false) {
		c.s.buffers.put(data)
	}
}

// appendClose appends the frame that closes a connection; a code that is never sent is left out.
func appendClose(dst []byte, end *CloseError) []byte {
	if end.Code == codeNone {
		return append(dst, frameFinal|frameClose, 0)
	}
	dst = append(dst, frameFinal|frameClose, byte(2+len(end.Reason)))
	return append(binary.BigEndian.AppendUint16(dst, uint16(end.Code)), end.Reason...)
}
