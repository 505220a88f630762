package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"karnak/internal/platform/clock"
)

const (
	// mostLines and mostLogged bound what a program may log, mostCalls how often it may call its host, longestCall the arguments.
	mostLines, mostLogged, longestLine = 1000, 64 << 10, 4 << 10
	mostCalls, longestCall             = 200, 256 << 10
	// longestMessage bounds what is told of an error.
	longestMessage = 1000
)

// program is a program that runs.
type program struct {
	*child
	*order
	vm        *goja.Runtime
	stringify goja.Callable
	parse     goja.Callable

	lines, logged, calls int
}

func (c *child) run(o *order) (out json.RawMessage, err error) {
	// What interrupts a program goes past what it, and what is asked of it, catches.
	defer func() {
		if r := recover(); r != nil {
			if _, stopped := r.(*goja.InterruptedError); stopped {
				out, err = nil, tooMuch(o.Limits.CPU)
				return
			}
			out, err = nil, &Fault{Broken, clip(fmt.Sprint("The interpreter failed: ", r))}
		}
	}()
	code, err := compile(o.Source)
	if err != nil || o.Check {
		return nil, err
	}
	p := &program{child: c, order: o, vm: goja.New()}
	p.vm.SetMaxCallStackSize(deepestCalls)
	p.vm.SetParserOptions(parser.WithDisableSourceMaps)
	p.world()
	c.interruptBy(func() { p.vm.Interrupt(tooMuch(o.Limits.CPU)) })
	defer c.interruptBy(nil)
	out, err = p.result(code)
	return out, p.fault(err)
}

// compile reads a program.
func compile(source string) (*goja.Program, error) {
	tree, err := goja.Parse("program.js", source, parser.WithDisableSourceMaps)
	if err == nil {
		var code *goja.Program
		if code, err = goja.CompileAST(tree, false); err == nil {
			return code, nil
		}
	}
	text := strings.ReplaceAll(err.Error(), "program.js: ", "")
	return nil, &Fault{Syntax, clip(strings.TrimPrefix(text, "SyntaxError: "))}
}

// world is what a program finds.
func (p *program) world() {
	began, start := clock.System{}.Now(), time.Unix(0, 0)
	p.vm.SetTimeSource(func() time.Time { return start })
	if p.Now == nil {
		p.vm.SetRandSource(rand.New(rand.NewPCG(1, 2)).Float64) //nolint:gosec // always the same is what is wanted
	} else {
		p.vm.SetTimeSource(func() time.Time { return p.Now.Add(clock.System{}.Now().Sub(began)) })
	}
	text := p.vm.Get("JSON").ToObject(p.vm)
	p.stringify, _ = goja.AssertFunction(text.Get("stringify"))
	p.parse, _ = goja.AssertFunction(text.Get("parse"))
	console, karnak := p.vm.NewObject(), p.vm.NewObject()
	for _, name := range []string{"log", "info", "warn", "error", "debug"} {
		_ = console.Set(name, p.log)
	}
	_ = karnak.Set("call", p.call)
	_ = p.vm.Set("console", console)
	_ = p.vm.Set("karnak", karnak)
}

// result runs the program and returns what its function does.
func (p *program) result(code *goja.Program) (json.RawMessage, error) {
	if _, err := p.vm.RunProgram(code); err != nil {
		return nil, err
	}
	run, ok := goja.AssertFunction(p.vm.Get("run"))
	if !ok {
		return nil, &Fault{NoResult, "The program defines no function run(input)."}
	}
	input, err := p.parse(goja.Undefined(), p.vm.ToValue(string(p.Input)))
	if err != nil {
		return nil, err
	}
	v, err := run(goja.Undefined(), input)
	if err != nil {
		return nil, err
	}
	if v, err = settled(v); err != nil {
		return nil, err
	}
	out, err := p.text(v)
	if err != nil {
		return nil, err
	}
	if out == "" {
		return nil, &Fault{NoResult, "The program returned nothing that JSON can say."}
	}
	if int64(len(out)) > p.Limits.Output {
		return nil, &Fault{OverOutput, fmt.Sprintf("The program returned more than %d bytes.", p.Limits.Output)}
	}
	return json.RawMessage(out), nil
}

// settled returns what a promise came to; nothing is left to be done when it is asked.
func settled(v goja.Value) (goja.Value, error) {
	o, ok := v.(*goja.Object)
	if !ok {
		return v, nil
	}
	if o.ExportType() != reflect.TypeFor[*goja.Promise]() { // what else there is would be read for it, getters and all
		return v, nil
	}
	promise, ok := o.Export().(*goja.Promise)
	if !ok {
		return v, nil
	}
	switch promise.State() {
	case goja.PromiseStateFulfilled:
		return promise.Result(), nil
	case goja.PromiseStateRejected:
		return nil, &rejected{promise.Result()}
	}
	return nil, &Fault{NoResult, "The program returned a promise that nothing settles."}
}

// rejected is what a promise was rejected with.
type rejected struct{ value goja.Value }

// Error names it.
func (*rejected) Error() string { return "a promise was rejected" }

// text is a value as JSON; empty for what JSON cannot say.
func (p *program) text(v goja.Value) (string, error) {
	s, err := p.stringify(goja.Undefined(), v)
	if err != nil {
		return "", err
	}
	if goja.IsUndefined(s) {
		return "", nil
	}
	// A lone half of a surrogate pair is no text.
	out := strings.ToValidUTF8(s.String(), "\uFFFD")
	if !json.Valid([]byte(out)) {
		return "", errors.New("sandbox: what JSON.stringify made is no JSON")
	}
	return out, nil
}

// log takes a line for the log.
func (p *program) log(call goja.FunctionCall) goja.Value {
	if p.lines >= mostLines || p.logged >= mostLogged {
		return goja.Undefined()
	}
	var parts []string
	for _, a := range call.Arguments {
		s := ""
		if _, plain := a.(*goja.Object); plain {
			s, _ = p.text(a)
		}
		if s == "" {
			s = a.String()
		}
		parts = append(parts, s)
	}
	line := strings.ToValidUTF8(strings.Join(parts, " "), "\uFFFD")
	line = strings.ReplaceAll(line, "\x00", "")
	if len(line) > longestLine {
		line = strings.ToValidUTF8(line[:longestLine], "") + "…"
	}
	p.lines++
	if p.logged += len(line); p.lines >= mostLines || p.logged >= mostLogged {
		line += "\n(more was logged, and is left out)"
	}
	if err := p.write(word{Log: &line}); err != nil {
		panic(p.vm.NewGoError(err)) //nolint:forbidigo // how a native function throws
	}
	return goja.Undefined()
}

// call calls the host.
func (p *program) call(call goja.FunctionCall) goja.Value {
	v, err := p.ask(call.Argument(0).String(), call.Argument(1))
	if err != nil {
		var thrown *goja.Exception
		if errors.As(err, &thrown) {
			panic(thrown.Value()) //nolint:forbidigo // how a native function throws
		}
		// As an Error of the program's own, not one of Go.
		made, failed := p.vm.New(p.vm.Get("Error"), p.vm.ToValue(err.Error()))
		if failed != nil {
			panic(p.vm.ToValue(err.Error())) //nolint:forbidigo // how a native function throws
		}
		panic(made) //nolint:forbidigo // how a native function throws
	}
	return v
}

func (p *program) ask(name string, argument goja.Value) (goja.Value, error) {
	if !slices.Contains(p.Calls, name) {
		return nil, fmt.Errorf("this program may not call %q", clip(name))
	}
	if p.calls++; p.calls > mostCalls {
		return nil, fmt.Errorf("a run calls at most %d times", mostCalls)
	}
	args := "{}"
	if !goja.IsUndefined(argument) && !goja.IsNull(argument) {
		var err error
		if args, err = p.text(argument); err != nil {
			return nil, err
		}
	}
	if args == "" || len(args) > longestCall {
		return nil, fmt.Errorf("the arguments of a call are JSON of at most %d bytes", longestCall)
	}
	if err := p.write(word{Call: name, Args: json.RawMessage(args)}); err != nil {
		return nil, err
	}
	var a answer
	if err := p.read(&a); err != nil {
		return nil, errors.New("the host has gone")
	}
	if a.Error != "" {
		return nil, errors.New(a.Error)
	}
	return p.parse(goja.Undefined(), p.vm.ToValue(string(a.Value)))
}

// fault tells why a program failed; nil for nil.
func (p *program) fault(err error) error {
	if err == nil {
		return nil
	}
	var f *Fault
	var stopped *goja.InterruptedError
	var deep *goja.StackOverflowError
	var thrown *goja.Exception
	var no *rejected
	switch {
	case errors.As(err, &stopped):
		return tooMuch(p.Limits.CPU)
	case errors.As(err, &f):
		return f
	case errors.As(err, &deep):
		return &Fault{Thrown, "RangeError: The program calls itself too deep."}
	case errors.As(err, &thrown):
		return &Fault{Thrown, p.thrown(thrown.Value(), thrown.Stack())}
	case errors.As(err, &no):
		return &Fault{Thrown, p.thrown(no.value, nil)}
	}
	return err
}

// thrown is what is told of something thrown, and where that was.
func (p *program) thrown(v goja.Value, stack []goja.StackFrame) string {
	text := "something that is no text"
	if ex := p.vm.Try(func() { text = v.String() }); ex != nil {
		text = "something that is no text"
	}
	text = clip(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", ""))
	for _, f := range stack {
		if at := f.Position(); at.Line > 0 {
			return fmt.Sprintf("%s (line %d, column %d)", text, at.Line, at.Column)
		}
	}
	return text
}

func clip(s string) string {
	if len(s) <= longestMessage {
		return s
	}
	return strings.ToValidUTF8(s[:longestMessage], "") + "…"
}
