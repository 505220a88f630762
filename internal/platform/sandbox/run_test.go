package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/sandbox"
)

func TestRunAnswers(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	now := time.Date(2026, 11, 28, 9, 0, 0, 0, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		source, input, want string
		now                 *time.Time
		calls               []string
	}{
		"a value":                  {source: `function run(i) { return {sum: i.a + i.b, s: "<ä\u2028\ud83d\ude00>"} }`, input: `{"a":1,"b":2}`, want: "{\"sum\":3,\"s\":\"<ä\u2028😀>\"}"},
		"no input":                 {source: `function run(i) { return [i, typeof i] }`, want: `[null,"object"]`},
		"a constant function":      {source: `const run = i => i * 2`, input: `21`, want: `42`},
		"an async function":        {source: `async function run(i) { const a = await Promise.all([1, 2, i]); return a }`, input: `3`, want: `[1,2,3]`},
		"a thenable":               {source: `function run() { return {then(f) { f("done") }} }`, want: `"done"`},
		"half a character":         {source: `function run() { return "\ud800" }`, want: `"\ud800"`},
		"a fixed time":             {source: `function run() { return [Date.now(), new Date().toISOString(), new Date().getTimezoneOffset()] }`, want: `[1577836800000,"2020-01-01T00:00:00.000Z",0]`},
		"a given time":             {source: `function run() { return new Date().toString().slice(0, 24) + new Date().toISOString() }`, now: &now, want: `"Sat Nov 28 2026 08:00:002026-11-28T08:00:00.000Z"`},
		"a call":                   {source: `function run() { return karnak.call("echo", {a: [1]}).a }`, calls: []string{"echo"}, want: `[1]`},
		"a call without arguments": {source: `function run() { return [karnak.call("echo"), karnak.call("nothing", 1)] }`, calls: []string{"echo", "nothing"}, want: `[null,null]`},
		"a call that fails":        {source: `function run() { try { karnak.call("fail") } catch (e) { return [e instanceof Error, e.name, e.message, Object.keys(e)] } }`, calls: []string{"fail"}, want: `[true,"Error","no such bed",[]]`},
		"a host that babbles":      {source: `function run() { try { karnak.call("junk") } catch (e) { return e.message } }`, calls: []string{"junk"}, want: `"the host's answer is no JSON, or too large"`},
		"a call with a cycle":      {source: `function run() { const a = []; a.push(a); try { karnak.call("echo", a) } catch (e) { return e.name } }`, calls: []string{"echo"}, want: `"TypeError"`},
		"a call in a promise":      {source: `async function run() { await null; return karnak.call("echo", 7) }`, calls: []string{"echo"}, want: `7`},
		"names of host functions":  {source: `function run() { return [console.log.name, karnak.call.name, Object.keys(globalThis)] }`, want: `["log","call",["run"]]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := program(c.source)
			g.Now, g.Calls = c.now, c.calls
			if c.input != "" {
				g.Input = json.RawMessage(c.input)
			}
			if got := output(t, p, g, sandbox.Host{Call: echo}); got != c.want {
				t.Errorf("got %s, not %s", got, c.want)
			}
		})
	}
}

func TestRunFails(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	for name, c := range map[string]struct {
		source string
		kind   sandbox.Kind
		says   string
	}{
		"syntax":                   {"function run() {\n  return 1 +;\n}", sandbox.Syntax, "line 2, column 13: Unexpected token ;"},
		"syntax seen late":         {"function run() {}\nlet a; let a", sandbox.Syntax, "line 2, column 12: "},
		"an unfinished source":     {"function run(", sandbox.Syntax, "line 1, column 14: Unexpected end of input"},
		"a bad expression":         {"function run() { return /(/ }", sandbox.Syntax, "line 1, column "},
		"an error":                 {"function run() {\n  throw new TypeError('not so')\n}", sandbox.Thrown, "TypeError: not so (line 2, column 9)"},
		"an error at the top":      {"throw 'early'", sandbox.Thrown, "early"},
		"an error in a promise":    {"async function run() { await 1; null.x }", sandbox.Thrown, "TypeError: "},
		"an error that throws":     {"function run() { throw {toString() { throw 1 }} }", sandbox.Thrown, "says nothing"},
		"a name that is not there": {"function run() { return process.env }", sandbox.Thrown, "ReferenceError: process is not defined"},
		"no function":              {"const x = 1", sandbox.NoResult, "no function run"},
		"run is no function":       {"var run = 1", sandbox.NoResult, "no function run"},
		"nothing returned":         {"function run() {}", sandbox.NoResult, "not JSON"},
		"a function returned":      {"function run() { return run }", sandbox.NoResult, "not JSON"},
		"a cycle":                  {"function run() { const a = {}; a.a = a; return a }", sandbox.NoResult, "TypeError"},
		"a big integer":            {"function run() { return 1n }", sandbox.NoResult, "TypeError"},
		"a promise left alone":     {"function run() { return new Promise(() => {}) }", sandbox.NoResult, "never settled"},
		"a call that is forbidden": {"function run() { return karnak.call('drop', 1) }", sandbox.Thrown, "Error: karnak.call: drop is not allowed here"},
		"a host's error uncaught":  {"function run() { return karnak.call('fail') }", sandbox.Thrown, "Error: no such bed (line 1, column 36)"},
		"a long source":            {"//" + repeat("x", 256<<10), sandbox.Syntax, "bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := program(c.source)
			g.Calls = []string{"fail"}
			r, err := p.Run(t.Context(), g, sandbox.Host{Call: echo})
			if kindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
			if r.Output != nil {
				t.Errorf("and a result: %s", r.Output)
			}
		})
	}
}

func TestRunRefusesWithoutAChild(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	for name, change := range map[string]func(*sandbox.Program){
		"no time":         func(g *sandbox.Program) { g.Limits.CPU = 0 },
		"no wall time":    func(g *sandbox.Program) { g.Limits.Wall = 0 },
		"little memory":   func(g *sandbox.Program) { g.Limits.Memory = sandbox.MinMemory - 1 },
		"no output":       func(g *sandbox.Program) { g.Limits.Output = 0 },
		"endless output":  func(g *sandbox.Program) { g.Limits.Output = 1 << 40 },
		"input not JSON":  func(g *sandbox.Program) { g.Input = json.RawMessage(`{"a":1}{`) },
		"input too large": func(g *sandbox.Program) { g.Input = json.RawMessage(`"` + repeat("x", 9<<20) + `"`) },
		"input too deep":  func(g *sandbox.Program) { g.Input = json.RawMessage(repeat("[", 20000) + repeat("]", 20000)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := program(`function run() { return 1 }`)
			change(&g)
			if r, err := p.Run(t.Context(), g, sandbox.Host{}); err == nil || r.Usage.Wall != 0 {
				t.Errorf("ran: %+v, %v", r, err)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	g := program(`function run() { const keep = []; for (let i = 0; i < 60000; i++) keep.push({i}); karnak.call("wait"); throw new Error("after all") }`)
	g.Limits.CPU = 5 * time.Second
	g.Calls = []string{"wait"}
	wait := func(context.Context, string, json.RawMessage) (json.RawMessage, error) {
		time.Sleep(700 * time.Millisecond)
		return nil, nil
	}
	r, err := p.Run(t.Context(), g, sandbox.Host{Call: wait})
	u := r.Usage
	if kindOf(err) != sandbox.Thrown {
		t.Fatalf("got %v", err)
	}
	if u.CPU <= 0 || u.Wall < 700*time.Millisecond || u.Memory < 8<<20 || !sandbox.Racing && u.Memory > 64<<20 {
		t.Errorf("it took %+v", u)
	}
	g = program(`function run() { return karnak.call("wait") }`)
	g.Limits.CPU, g.Calls = 300*time.Millisecond, []string{"wait"}
	if r, err := p.Run(t.Context(), g, sandbox.Host{Call: wait}); err != nil || r.Usage.CPU > r.Usage.Wall/2 {
		t.Errorf("waiting for the host counts for processor time: %+v, %v", r.Usage, err)
	}
}

func TestCallEndsWithTheRun(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	hang := func(ctx context.Context, _ string, _ json.RawMessage) (json.RawMessage, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	g := program(`function run() { return karnak.call("hang") }`)
	g.Limits.Wall, g.Calls = 200*time.Millisecond, []string{"hang"}
	if r, err := p.Run(t.Context(), g, sandbox.Host{Call: hang}); kindOf(err) != sandbox.OverTime || r.Usage.Wall < g.Limits.Wall {
		t.Errorf("got %+v, %v", r, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	leave := errors.New("the caller left")
	cancelled := func(c context.Context, n string, a json.RawMessage) (json.RawMessage, error) {
		cancel(leave)
		return hang(c, n, a)
	}
	g.Limits.Wall = 20 * time.Second
	if _, err := p.Run(ctx, g, sandbox.Host{Call: cancelled}); !errors.Is(err, leave) {
		t.Errorf("got %v", err)
	}
}
