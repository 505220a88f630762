package sandbox

import (
	crand "crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// engine is the interpreter of a child. What it needs of JavaScript's own objects it takes before a program can change them.
type engine struct {
	js    *goja.Runtime
	child *child
	find  *goja.Program
	// await calls a function and waits; parse and stringify are JSON's.
	await, parse, stringify goja.Callable
	errors                  goja.Value
	task                    *task
	calls, lines, logged    int
}

// epoch is what time it is without Program.Now.
func epoch() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }

func newEngine(c *child) (*engine, error) {
	e := &engine{js: goja.New(), child: c}
	e.js.SetMaxCallStackSize(maxDepth)
	// Else a comment at a source's end would make the parser read a file.
	e.js.SetParserOptions(parser.WithDisableSourceMaps)
	var err error
	if e.find, err = goja.Compile("find", `typeof run === "function" ? run : undefined`, true); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	for _, f := range []struct {
		to     *goja.Callable
		source string
	}{
		{&e.await, `(async function (f, x) { return await f(x) })`},
		{&e.parse, `JSON.parse`},
		{&e.stringify, `JSON.stringify`},
	} {
		v, err := e.js.RunString(f.source)
		if err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
		*f.to, _ = goja.AssertFunction(v)
	}
	e.errors = e.js.Get("Error")
	return e, e.furnish()
}

// run is a whole run; it says where the program is at fault.
func (e *engine) run(t *task) report {
	e.task = t
	out, err := e.result()
	var f *Fault
	switch {
	case err == nil:
		return report{Result: out}
	case errors.As(err, &f):
		return report{Fault: f}
	}
	return report{Fault: e.thrown(err)}
}

func (e *engine) result() (json.RawMessage, error) {
	if err := e.setTime(); err != nil {
		return nil, err
	}
	p, err := compile(e.task.Source)
	if err != nil {
		return nil, err
	}
	if err := e.child.out.send(report{Compiled: true}); err != nil || e.task.Check {
		return json.RawMessage("null"), err
	}
	input, err := e.read(e.task.Input)
	if err != nil {
		return nil, err
	}
	if _, err := e.js.RunProgram(p); err != nil {
		return nil, err
	}
	f, err := e.js.RunProgram(e.find)
	if err != nil {
		return nil, err
	}
	if _, ok := goja.AssertFunction(f); !ok {
		return nil, faultOf(NoResult, "there is no function run")
	}
	v, err := e.settled(f, input)
	if err != nil {
		return nil, err
	}
	return e.output(v)
}

func (e *engine) setTime() error {
	now, seed := epoch(), [16]byte{}
	if e.task.Now != nil {
		now = e.task.Now.UTC()
		if _, err := crand.Read(seed[:]); err != nil {
			return fmt.Errorf("sandbox: random: %w", err)
		}
	}
	e.js.SetTimeSource(func() time.Time { return now })
	r := rand.New(rand.NewPCG(binary.LittleEndian.Uint64(seed[:8]), binary.LittleEndian.Uint64(seed[8:]))) //nolint:gosec // Math.random promises no secrecy
	e.js.SetRandSource(r.Float64)
	return nil
}

const sourceName = "program.js"

func compile(source string) (*goja.Program, error) {
	tree, err := parser.ParseFile(nil, sourceName, source, 0, parser.WithDisableSourceMaps)
	var list parser.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		return nil, syntax(list[0].Position.Line, list[0].Position.Column, list[0].Message)
	}
	if err != nil {
		return nil, faultOf(Syntax, err.Error())
	}
	p, err := goja.CompileAST(tree, false)
	var late *goja.CompilerSyntaxError
	if errors.As(err, &late) && late.File != nil {
		at := late.File.Position(late.Offset)
		return nil, syntax(at.Line, at.Column, late.Message)
	}
	if err != nil {
		return nil, faultOf(Syntax, err.Error())
	}
	return p, nil
}

func syntax(line, column int, message string) *Fault {
	return faultOf(Syntax, fmt.Sprintf("line %d, column %d: %s", line, column, message))
}

// read makes a value of JSON; none is null.
func (e *engine) read(data json.RawMessage) (goja.Value, error) {
	if len(data) == 0 {
		return goja.Null(), nil
	}
	return e.parse(goja.Undefined(), e.js.ToValue(string(data)))
}

// settled calls run and waits for what it promises. Jobs are done when the call returns: what is pending then stays pending.
func (e *engine) settled(f, input goja.Value) (goja.Value, error) {
	v, err := e.await(goja.Undefined(), f, input)
	if err != nil {
		return nil, err
	}
	p, ok := v.Export().(*goja.Promise)
	switch {
	case !ok:
		return nil, faultOf(Broken, "the interpreter does not wait")
	case p.State() == goja.PromiseStateFulfilled:
		return p.Result(), nil
	case p.State() == goja.PromiseStateRejected:
		return nil, e.fault(p.Result())
	}
	return nil, faultOf(NoResult, "the promise is never settled")
}

func (e *engine) output(v goja.Value) (json.RawMessage, error) {
	text, err := e.stringify(goja.Undefined(), v)
	var x *goja.Exception
	switch {
	case errors.As(err, &x):
		return nil, faultOf(NoResult, "the result is not JSON: "+e.fault(x.Value()).Message)
	case err != nil:
		return nil, err
	case goja.IsUndefined(text):
		return nil, faultOf(NoResult, "the result is not JSON")
	}
	out := text.String()
	switch {
	case int64(len(out)) > e.task.Output:
		return nil, overOutput(e.task.Output)
	case !json.Valid([]byte(out)):
		return nil, faultOf(NoResult, "the result is not JSON, or is nested too deeply")
	}
	return json.RawMessage(out), nil
}
