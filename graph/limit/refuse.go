package limit

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
)

// refuse returns an error that is a *fault.Error to errors.As, and that already carries its code for transports that do
// not present errors.
func refuse(code fault.Code, at *ast.Position, format string, args ...any) *gqlerror.Error {
	f := fault.New(code, format, args...)
	e := &gqlerror.Error{
		Err:        f,
		Message:    f.Message,
		Extensions: map[string]any{"code": string(code)},
	}
	if at != nil {
		e.Locations = []gqlerror.Location{{Line: at.Line, Column: at.Column}}
	}
	return e
}

// shorten cuts a text from outside to what is worth repeating to its sender.
func shorten(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
