package telemetry

import (
	"bufio"
	"net"
	"net/http"
)

// recorder notes what became of an answer. It keeps flushing and hijacking possible, which streams need.
type recorder struct {
	http.ResponseWriter
	status   int
	bytes    int64
	flushed  bool
	hijacked bool
}

func (r *recorder) WriteHeader(status int) {
	// 1xx is not the answer yet, but for the switch to another protocol.
	if r.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Flush sends what was written so far.
func (r *recorder) Flush() {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.flushed = true
	_ = http.NewResponseController(r.ResponseWriter).Flush() // a writer that cannot flush sends at the end
}

// Hijack hands the connection to the caller.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(r.ResponseWriter).Hijack()
	if err == nil {
		r.hijacked = true
	}
	return conn, rw, err
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) begun() bool { return r.status != 0 || r.hijacked }

func (r *recorder) streamed() bool { return r.flushed || r.hijacked }

func (r *recorder) code() int {
	switch {
	case r.status != 0:
		return r.status
	case r.hijacked:
		return http.StatusSwitchingProtocols
	}
	return http.StatusOK
}
