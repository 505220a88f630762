package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
)

// Present turns an error into what a client may see: a message and extensions with a code. It is the server's one error
// presenter; the transports hand it what goes wrong outside the executor: requests they refuse (*fault.Error), ends of streams
// (whatever was given to SetStreamError), and panics (*PanicError, to be logged and masked). The context holds the operation
// where there is one.
type Present func(ctx context.Context, err error) *gqlerror.Error

// PanicError tells of a panic in an operation, with the stack of where it happened; it is not meant for clients.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

func recovered(value any) *PanicError { return &PanicError{Value: value, Stack: debug.Stack()} }

// presentPlain shows typed errors as they are and masks all others.
func presentPlain(_ context.Context, err error) *gqlerror.Error {
	var shown *gqlerror.Error
	if errors.As(err, &shown) {
		return shown
	}
	code, message := fault.Internal, "Something went wrong here."
	var typed *fault.Error
	if errors.As(err, &typed) {
		code, message = typed.Code, typed.Message
	}
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": string(code), "retryable": code.Retryable()}}
}

// statusOf is the HTTP status of a request that was refused before anything was executed, for clients that asked for
// application/graphql-response+json; the others get 200, because the answer is well-formed GraphQL.
func statusOf(media string, list gqlerror.List) int {
	if media != mediaResponse {
		return http.StatusOK
	}
	for _, e := range list {
		if e == nil {
			continue
		}
		switch codeOf(e) {
		case fault.Unauthenticated:
			return http.StatusUnauthorized
		case fault.Forbidden:
			return http.StatusForbidden
		case fault.Throttled:
			return http.StatusTooManyRequests
		case fault.Unavailable:
			return http.StatusServiceUnavailable
		case fault.Internal:
			return http.StatusInternalServerError
		}
	}
	return http.StatusBadRequest
}

func codeOf(e *gqlerror.Error) fault.Code {
	switch c := e.Extensions["code"].(type) {
	case string:
		return fault.Code(c)
	case fault.Code:
		return c
	default:
		return ""
	}
}

// Defers reports whether an operation's document has a use of @defer. Its late parts need multipart/mixed; a transport with one
// answer would lose them in silence.
func Defers(op *graphql.OperationContext) bool {
	return strings.Contains(op.RawQuery, "defer") && defers(op.Doc)
}

func defers(doc *ast.QueryDocument) bool {
	for _, o := range doc.Operations {
		if selectionDefers(o.SelectionSet) {
			return true
		}
	}
	for _, f := range doc.Fragments {
		if selectionDefers(f.SelectionSet) {
			return true
		}
	}
	return false
}

func selectionDefers(set ast.SelectionSet) bool {
	for _, s := range set {
		var directives ast.DirectiveList
		var below ast.SelectionSet
		switch s := s.(type) {
		case *ast.Field:
			below = s.SelectionSet
		case *ast.InlineFragment:
			directives, below = s.Directives, s.SelectionSet
		case *ast.FragmentSpread:
			directives = s.Directives
		}
		if directives.ForName("defer") != nil || selectionDefers(below) {
			return true
		}
	}
	return false
}
