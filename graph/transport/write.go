package transport

import (
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
)

// The headers of every answer, by their canonical names: nobody writes into the lists.
var (
	contentTypes = map[string][]string{mediaJSON: {mediaJSON + "; charset=utf-8"}, mediaResponse: {mediaResponse + "; charset=utf-8"}}
	nosniff      = []string{"nosniff"}
	noStore      = []string{"no-store"}
)

// write sends the response in one piece, with its length.
func (a *answer) write(status int, resp *graphql.Response) {
	buf := a.h.buffers.get()
	defer a.h.buffers.put(buf)
	*buf = appendResponse(*buf, resp)
	header := a.w.Header()
	header["Content-Type"] = contentTypes[a.media]
	header["Content-Length"] = []string{strconv.Itoa(len(*buf))}
	header["X-Content-Type-Options"] = nosniff
	// The answer depends on who asks and on what they accept.
	header["Cache-Control"] = noStore
	if status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", "Bearer")
	}
	a.w.WriteHeader(status)
	// A failure here means that the client is gone.
	_, _ = a.w.Write(*buf)
}
