package transport

import (
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
)

// write sends the response in one piece, with its length.
func (a *answer) write(status int, resp *graphql.Response) {
	buf := a.h.buffers.get()
	defer a.h.buffers.put(buf)
	*buf = appendResponse(*buf, resp)
	header := a.w.Header()
	header.Set("Content-Type", a.media+"; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(*buf)))
	header.Set("X-Content-Type-Options", "nosniff")
	// The answer depends on who asks and on what they accept.
	header.Set("Cache-Control", "no-store")
	if status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", "Bearer")
	}
	a.w.WriteHeader(status)
	// A failure here means that the client is gone.
	_, _ = a.w.Write(*buf)
}
