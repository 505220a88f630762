package transport

import "sync"

// buffers lends byte slices. What grew beyond keep is left to the garbage collector, so that one great answer does not stay
// in memory.
type buffers struct {
	pool sync.Pool
}

const keepBuffer = 256 << 10

func (p *buffers) get() *[]byte {
	if b, ok := p.pool.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, 1<<10)
	return &b
}

// put takes a slice back; nothing may refer to its bytes any more.
func (p *buffers) put(b *[]byte) {
	if cap(*b) <= keepBuffer {
		*b = (*b)[:0]
		p.pool.Put(b)
	}
}
