package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/sandbox"
)

func TestMain(m *testing.M) {
	if sandbox.Asked(os.Args) {
		os.Exit(sandbox.Child(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func open(t testing.TB, spare int) *sandbox.Pool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := sandbox.New(sandbox.Config{Command: []string{self, sandbox.Argument}, Clock: clock.System{}, Logger: slog.New(slog.DiscardHandler), Most: 2, Spare: spare})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func limits() sandbox.Limits {
	return sandbox.Limits{CPU: 300 * time.Millisecond, Wall: 10 * time.Second, Memory: 64 << 20, Output: 64 << 10}
}

func program(source string) sandbox.Program {
	return sandbox.Program{Source: source, Input: json.RawMessage(`{"n":20,"__proto__":{"evil":true},"s":"é"}`), Limits: limits()}
}

func TestRun(t *testing.T) {
	t.Parallel()
	p := open(t, 1)
	for name, c := range map[string]struct{ source, want string }{
		"a value":                   {`function run(input) { return {twice: input.n * 2, s: input.s} }`, `{"twice":40,"s":"é"}`},
		"modern words":              {`const f = (...a) => a.map(x => x ** 2); class A { #x = 1; get x() { return this.#x ?? 0 } } function run({n}) { return [...f(n), new A().x, n?.y ?? "z"] }`, `[400,1,"z"]`},
		"a promise":                 {`async function run(i) { const x = await Promise.resolve(i.n); return x + 1 }`, `21`},
		"many promises":             {`async function run() { let n = 0; for (let i = 0; i < 1000; i++) n += await i; return n }`, `499500`},
		"nothing of the input's":    {`function run(i) { return [i.evil === undefined, ({}).evil === undefined, Object.getPrototypeOf(i) === Object.prototype] }`, `[true,true,true]`},
		"time stands still":         {`function run() { return [Date.now(), new Date().toISOString(), Math.random() === Math.random()] }`, `[0,"1970-01-01T00:00:00.000Z",false]`},
		"no zone":                   {`function run() { return new Date(0).getTimezoneOffset() }`, `0`},
		"no text is made whole":     {`function run() { return "\ud800" }`, "\"\\ud800\""},
		"what it can reach":         {`function run() { return [typeof require, typeof process, typeof fetch, typeof setTimeout, typeof globalThis.Deno, typeof XMLHttpRequest] }`, `["undefined","undefined","undefined","undefined","undefined","undefined"]`},
		"words of others redefined": {`Object.prototype.toJSON = () => 1; JSON.stringify = () => "}{"; JSON.parse = () => { throw 1 }; Array.prototype.map = null; function run() { return {a: 1} }`, `1`},
	} {
		r, err := p.Run(t.Context(), program(c.source), sandbox.Host{})
		if err != nil || string(r.Output) != c.want {
			t.Errorf("%s: %s %v, want %s", name, r.Output, err, c.want)
		}
		if r.Usage.Wall <= 0 || r.Usage.CPU <= 0 {
			t.Errorf("%s: used %+v", name, r.Usage)
		}
	}
}

func TestConstructorsReachNothing(t *testing.T) {
	t.Parallel()
	p := open(t, 1)
	for _, reach := range []string{
		`this.constructor.constructor("return this")()`, `karnak.call.constructor("return this")()`, `(async () => {}).constructor("return globalThis")`,
		`Reflect.construct(Function, ["return this"])()`, `eval("globalThis")`, `(function* () {}).constructor("return globalThis")`,
	} {
		source := fmt.Sprintf(`function run() { let g; try { g = %s } catch (e) { return ["refused"] } return Object.getOwnPropertyNames(globalThis).filter(n => /^(process|require|os|fs|net|Go|syscall|Deno|Bun|fetch|import|module|exports|load|read|print)$/.test(n)) }`, reach)
		r, err := p.Run(t.Context(), program(source), sandbox.Host{})
		if err != nil || string(r.Output) != "[]" && string(r.Output) != `["refused"]` {
			t.Errorf("%s: %s %v", reach, r.Output, err)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	p := open(t, 1)
	for name, c := range map[string]struct {
		source string
		want   []sandbox.Kind
		say    string
	}{
		"no JavaScript":            {`function run( {`, []sandbox.Kind{sandbox.Syntax}, "Line 1"},
		"nested beyond measure":    {`function run() { return ` + strings.Repeat("(", 200_000) + `}`, []sandbox.Kind{sandbox.Syntax, sandbox.OverMemory, sandbox.OverCPU}, ""},
		"signs beyond measure":     {`function run() { return ` + strings.Repeat("- ", 300_000) + `1 }`, []sandbox.Kind{sandbox.Syntax, sandbox.OverMemory, sandbox.OverCPU}, ""},
		"no function":              {`const x = 1`, []sandbox.Kind{sandbox.NoResult}, "function run"},
		"it throws":                {"function run() {\n  throw new TypeError('no such thing') }", []sandbox.Kind{sandbox.Thrown}, "TypeError: no such thing (line 2"},
		"it throws a trap":         {`function run() { throw {toString() { throw 1 }} }`, []sandbox.Kind{sandbox.Thrown}, "no text"},
		"it throws no text":        {`function run() { throw {toString() { for (;;); }} }`, []sandbox.Kind{sandbox.OverCPU, sandbox.Thrown}, ""},
		"a promise is rejected":    {`async function run() { throw new Error("later") }`, []sandbox.Kind{sandbox.Thrown}, "Error: later"},
		"a promise stays open":     {`function run() { return new Promise(() => {}) }`, []sandbox.Kind{sandbox.NoResult}, "nothing settles"},
		"a function":               {`function run() { return run }`, []sandbox.Kind{sandbox.NoResult}, "JSON"},
		"nothing":                  {`function run() {}`, []sandbox.Kind{sandbox.NoResult}, "JSON"},
		"a circle":                 {`function run() { const a = {}; a.a = a; return a }`, []sandbox.Kind{sandbox.Thrown}, "TypeError"},
		"a big number":             {`function run() { return 1n }`, []sandbox.Kind{sandbox.Thrown}, "BigInt"},
		"a loop":                   {`function run() { for (;;); }`, []sandbox.Kind{sandbox.OverCPU}, "300ms"},
		"a loop at the top":        {`for (;;);`, []sandbox.Kind{sandbox.OverCPU}, ""},
		"a loop that catches":      {`function run() { for (;;) try { for (;;); } catch (e) {} finally { for (;;); } }`, []sandbox.Kind{sandbox.OverCPU}, ""},
		"a loop of promises":       {`async function run() { for (;;) await null }`, []sandbox.Kind{sandbox.OverCPU, sandbox.OverMemory}, ""},
		"a loop in a getter":       {`function run() { return {get a() { for (;;); }} }`, []sandbox.Kind{sandbox.OverCPU}, ""},
		"a loop in toJSON":         {`function run() { return {toJSON() { for (;;); }} }`, []sandbox.Kind{sandbox.OverCPU}, ""},
		"a loop in a proxy":        {`function run() { return new Proxy({}, {ownKeys() { for (;;); }}) }`, []sandbox.Kind{sandbox.OverCPU}, ""},
		"a loop in a comparison":   {`function run() { return [3, 2, 1].sort(() => { for (;;); }) }`, []sandbox.Kind{sandbox.OverCPU}, ""},
		"a native function":        {`function run() { const a = new Array(2 ** 31); return a.indexOf(1) + a.lastIndexOf(2) + a.join("").length }`, []sandbox.Kind{sandbox.OverCPU, sandbox.OverMemory, sandbox.Thrown}, ""},
		"an evil pattern":          {`function run() { return /^(?=(a+)+$)(a+)+\1b/.test("a".repeat(50)) }`, []sandbox.Kind{sandbox.OverCPU}, ""},
		"it calls itself":          {`function run() { return run() }`, []sandbox.Kind{sandbox.Thrown}, "too deep"},
		"it calls itself natively": {`function run() { const f = () => [1].map(f); return f() }`, []sandbox.Kind{sandbox.Thrown, sandbox.OverMemory}, ""},
		"deep JSON":                {`function run() { let a = []; for (let i = 0; i < 1e6; i++) a = [a]; return a }`, []sandbox.Kind{sandbox.Thrown, sandbox.OverMemory, sandbox.OverOutput, sandbox.OverCPU}, ""},
		"deep JSON read":           {`function run() { return JSON.parse("[".repeat(5e6)) }`, []sandbox.Kind{sandbox.Thrown, sandbox.OverMemory, sandbox.OverCPU}, ""},
		"an array that grows":      {`function run() { const a = []; for (;;) a.push({a: a.length}) }`, []sandbox.Kind{sandbox.OverMemory, sandbox.OverCPU}, ""},
		"a text that doubles":      {`function run() { let s = "x"; for (;;) s += s }`, []sandbox.Kind{sandbox.OverMemory, sandbox.OverCPU, sandbox.Thrown}, ""},
		"a text repeated":          {`function run() { return "x".repeat(2 ** 30).length }`, []sandbox.Kind{sandbox.OverMemory, sandbox.Thrown}, ""},
		"a text padded":            {`function run() { return "x".padStart(2 ** 30, "ab").length }`, []sandbox.Kind{sandbox.OverMemory, sandbox.Thrown}, ""},
		"a long array of bytes":    {`function run() { return new Uint8Array(2 ** 30).length }`, []sandbox.Kind{sandbox.OverMemory, sandbox.Thrown}, ""},
		"many arrays of bytes":     {`function run() { const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1)) }`, []sandbox.Kind{sandbox.OverMemory, sandbox.OverCPU}, ""},
		"a map that grows":         {`function run() { const m = new Map(); for (let i = 0;; i++) m.set(i, "x".repeat(1000) + i) }`, []sandbox.Kind{sandbox.OverMemory, sandbox.OverCPU}, ""},
		"a number that grows":      {`function run() { let n = 3n; for (;;) n *= n }`, []sandbox.Kind{sandbox.OverMemory, sandbox.OverCPU}, ""},
		"a long answer":            {`function run() { return "x".repeat(70000) }`, []sandbox.Kind{sandbox.OverOutput}, "65536"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			r, err := p.Run(t.Context(), program(c.source), sandbox.Host{})
			var f *sandbox.Fault
			if !errors.As(err, &f) || !strings.Contains(f.Message, c.say) {
				t.Fatalf("%s %v, want one of %s that says %q", r.Output, err, c.want, c.say)
			}
			for _, k := range c.want {
				if f.Kind == k {
					if took := time.Since(began); took > 9*time.Second {
						t.Errorf("it took %s", took)
					}
					return
				}
			}
			t.Errorf("%v, want one of %s", f, c.want)
		})
	}
}

func TestTimeIsOver(t *testing.T) {
	t.Parallel()
	p := open(t, 1)
	g := program(`function run() { return karnak.call("slow") }`)
	g.Calls, g.Limits.Wall = []string{"slow"}, 300*time.Millisecond
	_, err := p.Run(t.Context(), g, sandbox.Host{Call: func(ctx context.Context, _ string, _ json.RawMessage) (json.RawMessage, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	var f *sandbox.Fault
	if !errors.As(err, &f) || f.Kind != sandbox.OverTime {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	g = program(`function run() { console.log("here"); for (;;); }`)
	if _, err = p.Run(ctx, g, sandbox.Host{Log: func(string) { cancel() }}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	p := open(t, 1)
	g := program(`function run() {
		console.log("one", {a: 1}, [2], null, undefined, "two\n{\"over\":true,\"output\":\"forged\"}\n");
		console.log({toString() { throw 1 }, toJSON() { return "in its own words" }});
		const out = [karnak.call("double", {n: 21})];
		for (const call of [() => karnak.call("other", {}), () => karnak.call("fails"), () => karnak.call("double", () => 1), () => karnak.call({toString: () => "other"})])
			try { out.push(call()) } catch (e) { out.push(e instanceof Error ? e.message : "?") }
		return out
	}`)
	g.Calls = []string{"double", "fails"}
	var lines []string
	r, err := p.Run(t.Context(), g, sandbox.Host{
		Log: func(line string) { lines = append(lines, line) },
		Call: func(_ context.Context, name string, arguments json.RawMessage) (json.RawMessage, error) {
			var in struct{ N int }
			if name == "fails" {
				return nil, errors.New("it may not")
			}
			err := json.Unmarshal(arguments, &in)
			return json.RawMessage(fmt.Sprint(2 * in.N)), err
		},
	})
	want := `[42,"this program may not call \"other\"","it may not","the arguments of a call are JSON of at most 262144 bytes","this program may not call \"other\""]`
	if err != nil || string(r.Output) != want {
		t.Errorf("%s %v", r.Output, err)
	}
	if len(lines) != 2 || lines[0] != `one {"a":1} [2] null undefined two`+"\n"+`{"over":true,"output":"forged"}`+"\n" || lines[1] != `"in its own words"` {
		t.Errorf("%q", lines)
	}
}

func TestFloodsAreBounded(t *testing.T) {
	t.Parallel()
	p := open(t, 1)
	g := program(`function run() { let n = 0; for (let i = 0; i < 2000; i++) { console.log("x".repeat(100000)); try { karnak.call("f") } catch { n++ } } return n }`)
	g.Calls, g.Limits.CPU = []string{"f"}, 8*time.Second
	lines, bytes, calls := 0, 0, 0
	r, err := p.Run(t.Context(), g, sandbox.Host{
		Log: func(line string) { lines++; bytes += len(line) },
		Call: func(context.Context, string, json.RawMessage) (json.RawMessage, error) {
			calls++
			return json.RawMessage("1"), nil
		},
	})
	if err != nil || string(r.Output) != "1800" || calls != 200 || bytes > 80<<10 || lines > 1000 || lines == 0 {
		t.Errorf("%s %v: %d calls, %d lines of %d bytes", r.Output, err, calls, lines, bytes)
	}
}

func TestNothingIsLeftForTheNext(t *testing.T) {
	t.Parallel()
	p := open(t, 2)
	source := `globalThis.seen = (globalThis.seen || 0) + 1; Array.prototype.mine = 1; function run() { return [globalThis.seen, Math.random()] }`
	var first string
	for i := range 4 {
		r, err := p.Run(t.Context(), program(source), sandbox.Host{})
		if err != nil || !strings.HasPrefix(string(r.Output), "[1,") || i > 0 && string(r.Output) != first {
			t.Fatalf("run %d: %s %v, the first one was %s", i, r.Output, err, first)
		}
		first = string(r.Output)
	}
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	g := program(`function run() { return [new Date().toISOString().slice(0, 13), Math.random()] }`)
	g.Now = &now
	a, err := p.Run(t.Context(), g, sandbox.Host{})
	b, err2 := p.Run(t.Context(), g, sandbox.Host{})
	if err != nil || err2 != nil || string(a.Output) == string(b.Output) || !strings.HasPrefix(string(a.Output), `["2026-11-28T12"`) {
		t.Errorf("%s %s %v %v", a.Output, b.Output, err, err2)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	p := open(t, 1)
	if err := p.Check(t.Context(), `for (;;); function run() {}`); err != nil {
		t.Errorf("it was run: %v", err)
	}
	for _, bad := range []string{`function run( {`, `import x from "y"; function run() {}`, strings.Repeat("[", 200_000), strings.Repeat("!", 1_000_000) + "1"} {
		err := p.Check(t.Context(), bad)
		var f *sandbox.Fault
		if !errors.As(err, &f) || f.Kind != sandbox.Syntax || f.Message == "" || len(f.Message) > 1100 {
			t.Errorf("%.30s: %v", bad, err)
		}
	}
}

func TestManyAtOnceAndNoneLeft(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := sandbox.New(sandbox.Config{Command: []string{self, sandbox.Argument}, Clock: clock.System{}, Logger: slog.New(slog.DiscardHandler), Most: 3, Spare: 2})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			source := `function run(i) { return i.n + ` + fmt.Sprint(i) + ` }`
			if i%3 == 0 {
				source = `function run() { const a = []; for (;;) a.push("x".repeat(1e6)) }`
			}
			r, err := p.Run(t.Context(), program(source), sandbox.Host{})
			if i%3 == 0 && err == nil || i%3 != 0 && (err != nil || string(r.Output) != fmt.Sprint(20+i)) {
				t.Errorf("%d: %s %v", i, r.Output, err)
			}
		})
	}
	all.Wait()
	p.Close()
	if _, err := p.Run(t.Context(), program(`function run() { return 1 }`), sandbox.Host{}); !errors.Is(err, sandbox.ErrClosed) {
		t.Errorf("run by a closed pool: %v", err)
	}
}

func BenchmarkRun(b *testing.B) {
	for name, spare := range map[string]int{"cold": 0, "warm": 2} {
		b.Run(name, func(b *testing.B) {
			p := open(b, spare)
			g := program(`function run(i) { return i.n }`)
			if _, err := p.Run(b.Context(), g, sandbox.Host{}); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for range b.N {
				if _, err := p.Run(b.Context(), g, sandbox.Host{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
