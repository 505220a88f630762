package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dop251/goja"
)

// furnish gives the program console and karnak.
func (e *engine) furnish() error {
	console, karnak := e.js.NewObject(), e.js.NewObject()
	for _, name := range []string{"log", "info", "warn", "error"} {
		if err := e.give(console, name, e.log); err != nil {
			return err
		}
	}
	if err := e.give(karnak, "call", e.ask); err != nil {
		return err
	}
	for name, o := range map[string]*goja.Object{"console": console, "karnak": karnak} {
		if err := e.js.GlobalObject().DefineDataProperty(name, o, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
	}
	return nil
}

// give sets a function, and its name, which would otherwise be that of a function in Go.
func (e *engine) give(to *goja.Object, name string, f func(goja.FunctionCall) goja.Value) error {
	o := e.js.ToValue(f).ToObject(e.js)
	err := o.DefineDataProperty("name", e.js.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	if err = errors.Join(err, to.Set(name, o)); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

func (e *engine) log(c goja.FunctionCall) goja.Value {
	if e.lines >= maxLines {
		return goja.Undefined()
	}
	var b strings.Builder
	for i, v := range c.Arguments {
		if i > 0 {
			b.WriteByte(' ')
		}
		if b.WriteString(clip(e.show(v), maxLine)); b.Len() >= maxLine {
			break
		}
	}
	line := clip(b.String(), maxLine)
	if e.logged+len(line) > maxLog {
		e.lines = maxLines
		return goja.Undefined()
	}
	e.lines++
	e.logged += len(line)
	e.say(report{Log: &line})
	return goja.Undefined()
}

// show writes a value as people like to read it: text as it is, objects as JSON where they have any.
func (e *engine) show(v goja.Value) string {
	if o, ok := v.(*goja.Object); ok && o.ClassName() != "Error" {
		if s, err := e.stringify(goja.Undefined(), v); err == nil && !goja.IsUndefined(s) {
			return s.String()
		}
	}
	return v.String()
}

// ask is karnak.call.
func (e *engine) ask(c goja.FunctionCall) goja.Value {
	name := c.Argument(0).String()
	arguments := "null"
	if v := c.Argument(1); !goja.IsUndefined(v) {
		s, err := e.stringify(goja.Undefined(), v)
		if err != nil {
			e.raise(err)
		}
		if !goja.IsUndefined(s) {
			arguments = s.String()
		}
	}
	switch e.calls++; {
	case !slices.Contains(e.task.Calls, name):
		e.refuse("karnak.call: " + clip(name, 100) + " is not allowed here")
	case e.calls > maxCalls:
		e.refuse(fmt.Sprintf("karnak.call: more than %d calls", maxCalls))
	case len(arguments) > maxArguments || !json.Valid([]byte(arguments)):
		e.refuse("karnak.call: the arguments are too large, or nested too deeply")
	}
	e.say(report{Call: &call{name, json.RawMessage(arguments)}})
	o, ok := <-e.child.orders
	if !ok || o.Answer == nil {
		e.refuse("karnak.call: the host is gone")
	}
	if o.Answer.Error != "" {
		e.refuse(o.Answer.Error)
	}
	v, err := e.read(o.Answer.Data)
	if err != nil {
		e.raise(err)
	}
	return v
}

// say sends a report; there is nothing to be done if the parent does not hear it, and the end of orders will tell.
func (e *engine) say(r report) { _ = e.child.out.send(r) }

// refuse throws an Error in the program. A panic is how the interpreter is told to throw.
func (e *engine) refuse(message string) {
	o, err := e.js.New(e.errors, e.js.ToValue(message))
	if err != nil {
		e.raise(err)
	}
	panic(o) //nolint:forbidigo // goja has no other way
}

// raise goes on with what code of the program threw.
func (e *engine) raise(err error) {
	panic(err) //nolint:forbidigo // goja has no other way
}
