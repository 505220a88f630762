package transport

import (
	"context"
	"errors"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/fault"
)

// HTTPConfig says how HTTP reads requests. The zero value is usable.
type HTTPConfig struct {
	// MaxBody bounds a body, and a URL's query, in bytes; 128 KiB by default.
	MaxBody int64
	// MaxDepth bounds the nesting of variables and extensions; 32 by default.
	MaxDepth int
	// Present shows errors to clients; by default typed errors are shown and all others masked.
	Present Present
	// Clock is the machine's by default.
	Clock clock.Clock
}

// HTTP answers GraphQL over HTTP with one JSON answer: POST with application/json, and GET for queries. It takes every request
// that does not ask for a websocket, and answers all that is wrong about one, so it has to be the last transport of a server.
//
// Media types and status codes follow GraphQL-over-HTTP. Refused requests have errors with the code BAD_USER_INPUT and the
// status 400 (not a request), 405 (method, or a mutation by GET), 406 (Accept), 413, 414 or 415; they never repeat the input.
type HTTP struct {
	maxBody  int64
	maxDepth int
	present  Present
	clock    clock.Clock
	buffers  buffers
}

var _ graphql.Transport = (*HTTP)(nil)

// NewHTTP returns the transport.
func NewHTTP(c HTTPConfig) (*HTTP, error) {
	if c.MaxBody < 0 || c.MaxDepth < 0 {
		return nil, errors.New("transport: limits of HTTP must not be negative")
	}
	h := &HTTP{maxBody: c.MaxBody, maxDepth: c.MaxDepth, present: c.Present, clock: c.Clock}
	if h.maxBody == 0 {
		h.maxBody = 128 << 10
	}
	if h.maxDepth == 0 {
		h.maxDepth = 32
	}
	if h.present == nil {
		h.present = presentPlain
	}
	if h.clock == nil {
		h.clock = clock.System{}
	}
	return h, nil
}

// Supports takes everything but websockets.
func (h *HTTP) Supports(r *http.Request) bool { return !wantsSocket(r) }

// Do answers one request.
func (h *HTTP) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	media, acceptable := negotiate(r.Header)
	a := answer{h: h, w: w, ctx: r.Context(), media: media}
	defer func() {
		if p := recover(); p != nil {
			a.refuse(&refusal{status: http.StatusInternalServerError, err: recovered(p)})
		}
	}()
	params, refused := h.read(r, acceptable || wantsParts(r.Header))
	if refused != nil {
		a.refuse(refused)
		return
	}
	op, errs := exec.CreateOperationContext(a.ctx, params)
	a.run(r, exec, op, errs)
}

// answer is where the answer to one request goes.
type answer struct {
	h     *HTTP
	w     http.ResponseWriter
	ctx   context.Context
	media string
}

func (a *answer) run(r *http.Request, exec graphql.GraphExecutor, op *graphql.OperationContext, errs gqlerror.List) {
	if errs != nil {
		resp := exec.DispatchError(graphql.WithOperationContext(a.ctx, op), errs)
		a.write(statusOf(a.media, resp.Errors), resp)
		return
	}
	if op.Operation.Operation == ast.Query && wantsParts(r.Header) && Defers(op) {
		a.parts(exec, op)
		return
	}
	if refused := unsuited(r.Method, op); refused != nil {
		a.refuse(refused)
		return
	}
	next, ctx := exec.DispatchOperation(a.ctx, op)
	resp := next(ctx)
	a.one(resp)
}

// one sends the answer to an operation that has one; nil for an operation that was cut short.
func (a *answer) one(resp *graphql.Response) {
	switch {
	case resp != nil && len(resp.Data) == 0 && len(resp.Errors) > 0:
		a.write(statusOf(a.media, resp.Errors), resp)
	case resp != nil:
		a.write(http.StatusOK, resp)
	case errors.Is(a.ctx.Err(), context.Canceled):
		// The client is gone; nobody reads an answer.
	default:
		a.refuse(&refusal{status: http.StatusServiceUnavailable, err: fault.New(fault.Unavailable, "The operation took too long.")})
	}
}

// unsuited refuses operations that this transport does not answer, before any of them is executed.
func unsuited(method string, op *graphql.OperationContext) *refusal {
	switch {
	case op.Operation.Operation == ast.Subscription:
		return refuse(http.StatusBadRequest, "Subscriptions are answered over a websocket with the subprotocol %s, or as %s.", Subprotocol, mediaStream)
	case op.Operation.Operation == ast.Mutation && method == http.MethodGet:
		f := refuse(http.StatusMethodNotAllowed, "GET is for queries; send mutations by POST.")
		f.allow = http.MethodPost
		return f
	case Defers(op):
		return refuse(http.StatusBadRequest, "@defer is for queries, and needs an answer in several parts: accept %s.", mediaParts)
	}
	return nil
}

// refusal is a request that is not executed, and why.
type refusal struct {
	status int
	err    error
	// allow lists the methods of a 405.
	allow string
	// hangUp closes the connection, because there is more of the request that nobody will read.
	hangUp bool
}

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status: status, err: fault.New(fault.BadUserInput, format, args...)}
}

func (a *answer) refuse(f *refusal) {
	if f.allow != "" {
		a.w.Header().Set("Allow", f.allow)
	}
	if f.hangUp {
		a.w.Header().Set("Connection", "close")
	}
	a.write(f.status, &graphql.Response{Errors: gqlerror.List{a.h.present(a.ctx, f.err)}})
}
