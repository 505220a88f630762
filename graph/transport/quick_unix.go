//go:build unix

package transport

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// quick writes to a connection, and reads from it, without waiting. Each is for one caller at a time.
type quick struct {
	raw syscall.RawConn
	// The call under way: closures of their own would have to be allocated for each.
	b   []byte
	n   int
	err error
	do  func(fd uintptr) bool
}

// newQuick returns nil for a connection that cannot do it.
func newQuick(c net.Conn) *quick {
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	q := &quick{raw: raw}
	q.do = q.call
	return q
}

func (q *quick) call(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), q.b)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil && !errors.Is(err, syscall.EAGAIN) {
			q.err = err
		}
		q.n = max(n, 0)
		return true // also where nothing was written: who waits is another
	}
}

// write returns how much was written; that this is less is no error.
func (q *quick) write(b []byte) (int, error) {
	q.b, q.n, q.err = b, 0, nil
	err := q.raw.Write(q.do)
	q.b = nil
	return q.n, errors.Join(err, q.err)
}

// read returns what is there, maybe nothing.
func (q *quick) read(b []byte) (n int, err error) {
	var failed error
	err = q.raw.Read(func(fd uintptr) bool {
		for {
			n, failed = syscall.Read(int(fd), b)
			if !errors.Is(failed, syscall.EINTR) {
				return true // also where nothing is there: who waits is another
			}
		}
	})
	switch {
	case err != nil:
		return 0, err
	case errors.Is(failed, syscall.EAGAIN):
		return 0, nil
	case failed == nil && n == 0:
		return 0, io.EOF
	}
	return max(n, 0), failed
}
