package transport

import "time"

// outbox holds the messages that wait to be written. It is bounded in number and bytes: who finds it full waits, so that
// nobody's events pile up in memory. It is not safe for concurrent use.
type outbox struct {
	maxFrames, maxBytes int
	frames              []frame
	bytes               int
}

// frame is one message; op is nil for messages about the connection. It has data of its own, or, as a next of op, a payload
// that it shares with others. Its kind is that of a control frame, 0 for a message.
type frame struct {
	kind   byte
	op     *operation
	data   *[]byte
	shared []byte
	// event says that this is a next message of a subscription.
	event bool
	// at is since when it waits.
	at time.Time
}

// size is the message's length.
func (f *frame) size() int {
	if f.shared == nil {
		return len(*f.data)
	}
	return len(f.op.head) + len(f.shared) + 1
}

// full reports whether a message of n bytes has to wait. An empty outbox takes any.
func (o *outbox) full(n int) bool {
	return len(o.frames) > 0 && (len(o.frames) >= o.maxFrames || o.bytes+n > o.maxBytes)
}

func (o *outbox) put(f frame) {
	o.frames = append(o.frames, f)
	o.bytes += f.size()
}

func (o *outbox) take() (frame, bool) {
	if len(o.frames) == 0 {
		return frame{}, false
	}
	f := o.frames[0]
	o.frames[0] = frame{}
	o.frames = o.frames[1:]
	o.bytes -= f.size()
	if len(o.frames) == 0 {
		o.frames = nil
	}
	return f, true
}

// drop removes the messages of an operation.
func (o *outbox) drop(op *operation) {
	kept := o.frames[:0]
	for _, f := range o.frames {
		if f.op == op {
			o.bytes -= f.size()
			continue
		}
		kept = append(kept, f)
	}
	clear(o.frames[len(kept):])
	o.frames = kept
}

// clear removes all messages.
func (o *outbox) clear() { o.frames, o.bytes = nil, 0 }
