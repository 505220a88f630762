package transport

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
)

// The draft of incremental delivery that answers in several parts keep to, and what lies between the parts.
const (
	draft    = "20220824"
	boundary = "-"
)

// wantsParts reports whether a client takes an answer in several parts, of the draft that is spoken here.
func wantsParts(h http.Header) bool {
	for _, line := range h.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			name, params, err := mime.ParseMediaType(part)
			if err == nil && name == mediaParts && (params["deferspec"] == "" || params["deferspec"] == draft) && params["incrementalspec"] == "" && params["q"] != "0" {
				return true
			}
		}
	}
	return false
}

// parts answers a query with @defer: what is there at once, and then each deferred fragment as it comes. What ends before
// anything is executed is answered in one.
func (a *answer) parts(exec graphql.GraphExecutor, op *graphql.OperationContext) {
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	next, ctx := exec.DispatchOperation(ctx, op)
	resp := next(ctx)
	if resp == nil || len(resp.Data) == 0 {
		a.one(resp)
		return
	}
	header := a.w.Header()
	header.Set("Content-Type", mediaParts+`;boundary="`+boundary+`";deferSpec=`+draft)
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no")
	more := resp.HasNext != nil && *resp.HasNext
	_, _ = a.w.Write([]byte("--" + boundary)) // what is wrong with it shows in the next write
	ok := a.send(more, func(b []byte) []byte { return appendFirst(b, resp, more) })
	for ok && more {
		if resp = next(ctx); resp == nil {
			a.broken()
			return
		}
		more = resp.HasNext != nil && *resp.HasNext
		ok = a.send(more, func(b []byte) []byte { return appendLater(b, resp, more) })
	}
}

// broken ends an answer whose rest does not come.
func (a *answer) broken() {
	if errors.Is(a.ctx.Err(), context.Canceled) {
		return
	}
	rest := &graphql.Response{Errors: gqlerror.List{a.h.present(a.ctx, fault.New(fault.Unavailable, "The rest took too long."))}}
	a.send(false, func(b []byte) []byte { return appendLater(b, rest, false) })
}

// send writes a part with what separates it from the next one, so that the client knows it is whole. It reports false when the
// client is gone.
func (a *answer) send(more bool, build func([]byte) []byte) bool {
	buf := a.h.buffers.get()
	defer a.h.buffers.put(buf)
	b := append(*buf, "\r\nContent-Type: application/json\r\n\r\n"...)
	b = append(build(b), "\r\n--"+boundary...)
	if !more {
		b = append(b, "--\r\n"...)
	}
	*buf = b
	_, err := a.w.Write(b)
	if err == nil {
		err = http.NewResponseController(a.w).Flush()
	}
	return err == nil
}

// appendFirst appends the first part.
func appendFirst(dst []byte, r *graphql.Response, more bool) []byte {
	return appendMore(appendResponse(dst, r), more)
}

// appendLater appends a deferred fragment.
func appendLater(dst []byte, r *graphql.Response, more bool) []byte {
	dst = append(dst, `{"incremental":[`...)
	dst = appendResponse(dst, r)
	dst = dst[:len(dst)-1]
	path, err := encode(r.Path)
	if err != nil || r.Path == nil {
		path = []byte("[]")
	}
	dst = append(append(dst, `,"path":`...), path...)
	if r.Label != "" {
		dst = append(append(dst, `,"label":`...), quote(r.Label)...)
	}
	dst = append(dst, '}', ']')
	return appendMore(append(dst, '}'), more)
}

// appendMore puts hasNext into the object that dst ends with.
func appendMore(dst []byte, more bool) []byte {
	dst = dst[:len(dst)-1]
	if more {
		return append(dst, `,"hasNext":true}`...)
	}
	return append(dst, `,"hasNext":false}`...)
}
