package transport

import (
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Pieces of an event stream, each whole.

// appendBeat appends a comment, which clients pass over.
func appendBeat(dst []byte) []byte { return append(dst, ":\n\n"...) }

// appendRetry appends how long an EventSource is to wait before it connects again.
func appendRetry(dst []byte, wait time.Duration) []byte {
	return append(strconv.AppendInt(append(dst, "retry: "...), wait.Milliseconds(), 10), "\n\n"...)
}

// appendEvent appends next with a response, under its position where it has one.
func appendEvent(dst []byte, cursor string, r *graphql.Response) []byte {
	return appendShown(dst, cursor, func(dst []byte) []byte { return appendResponse(dst, r) })
}

// appendShown is appendEvent with what appends the response.
func appendShown(dst []byte, cursor string, response func([]byte) []byte) []byte {
	dst = append(dst, "event: next\n"...)
	if cursor != "" && !strings.ContainsAny(cursor, "\r\n\x00") {
		dst = append(append(append(dst, "id: "...), cursor...), '\n')
	}
	dst = append(dst, "data: "...)
	start := len(dst)
	dst = response(dst)
	// In JSON a line break stands only between values; here it would end the line.
	for i := start; i < len(dst); i++ {
		if dst[i] == '\n' || dst[i] == '\r' {
			dst[i] = ' '
		}
	}
	return append(dst, "\n\n"...)
}

// appendEnd appends complete; without a data line an EventSource would not see it.
func appendEnd(dst []byte) []byte { return append(dst, "event: complete\ndata: \n\n"...) }

// appendFailure appends what a stream ends with that went wrong.
func appendFailure(dst []byte, list gqlerror.List) []byte {
	return appendEnd(appendEvent(dst, "", &graphql.Response{Errors: list}))
}
