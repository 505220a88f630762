package sandbox

import (
	"errors"
	"strings"

	"github.com/dop251/goja"
)

// thrown tells of what ended the program from inside.
func (e *engine) thrown(err error) *Fault {
	var x *goja.Exception
	var deep *goja.StackOverflowError
	switch {
	case errors.As(err, &deep):
		return faultOf(Thrown, tooDeep)
	case errors.As(err, &x):
		return e.fault(x.Value())
	}
	return faultOf(Thrown, err.Error())
}

// fault tells of a value that was thrown, and where that is known. Asking it may run code of the program.
func (e *engine) fault(v goja.Value) *Fault {
	text, where := "something was thrown that says nothing", ""
	if err := e.attempt(func() {
		text = clip(v.String(), maxMessage)
		if o, ok := v.(*goja.Object); ok {
			if s := o.Get("stack"); s != nil {
				where = place(s.String())
			}
		}
	}); errors.As(err, new(*goja.StackOverflowError)) {
		text = tooDeep
	}
	if where != "" {
		text = clip(text, maxMessage-64) + " (line " + where + ")"
	}
	return faultOf(Thrown, text)
}

// attempt does what may throw where the interpreter catches it.
func (e *engine) attempt(f func()) error {
	call, _ := goja.AssertFunction(e.js.ToValue(func(goja.FunctionCall) goja.Value { f(); return goja.Undefined() }))
	_, err := call(goja.Undefined())
	return err
}

// place finds the first line and column in a stack trace.
func place(stack string) string {
	_, rest, ok := strings.Cut(stack, sourceName+":")
	if !ok {
		return ""
	}
	end := strings.IndexFunc(rest, func(c rune) bool { return c != ':' && (c < '0' || c > '9') })
	line, column, ok := strings.Cut(rest[:max(0, end)], ":")
	if !ok || len(line) > 7 || len(column) > 7 {
		return ""
	}
	return line + ", column " + column
}
