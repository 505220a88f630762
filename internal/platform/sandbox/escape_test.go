package sandbox_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/sandbox"
)

type escape struct {
	source string
	// want is one of the kinds that are right, or "" with the result says.
	want []sandbox.Kind
	says string
}

func kinds(k ...sandbox.Kind) []sandbox.Kind { return k }

func endless() map[string]escape {
	cpu := kinds(sandbox.OverCPU)
	// A program that keeps what it makes runs out of one or the other.
	either := kinds(sandbox.OverCPU, sandbox.OverMemory)
	return map[string]escape{
		"a loop":                      {source: `function run() { for (;;); }`, want: cpu},
		"a loop at the top":           {source: `while (true) {}`, want: cpu},
		"a loop that catches":         {source: `function run() { for (;;) { try { for (;;); } catch (e) {} finally { continue } } }`, want: cpu},
		"a getter":                    {source: `function run() { return {get a() { for (;;); }} }`, want: cpu},
		"a getter of run":             {source: `Object.defineProperty(globalThis, "run", {get() { for (;;); }})`, want: cpu},
		"toString":                    {source: `function run() { return "" + {toString() { for (;;); }} }`, want: cpu},
		"toString of an error":        {source: `function run() { throw {toString() { for (;;); }} }`, want: cpu},
		"stack of an error":           {source: `function run() { throw {get stack() { for (;;); }} }`, want: cpu},
		"toJSON":                      {source: `function run() { return {toJSON() { for (;;); }} }`, want: cpu},
		"a trap of a proxy":           {source: `function run() { return new Proxy({}, {ownKeys() { for (;;); }}) }`, want: cpu},
		"a comparator":                {source: `function run() { return [2, 1].sort(() => { for (;;); }) }`, want: cpu},
		"an iterator":                 {source: `function run() { return Array.from({[Symbol.iterator]() { return {next() { return {done: false, value: 1} }} }}) }`, want: either},
		"a regular expression":        {source: `function run() { return /(?=(a+)+$)(a|aa)+$/.test("a".repeat(40) + "!") }`, want: cpu},
		"one that looks back":         {source: `function run() { return /^(a*)*\1$/.test("a".repeat(40) + "!") }`, want: cpu},
		"one in replace":              {source: `function run() { return ("a".repeat(40) + "!").replace(/(?=(a+)+$)(a|aa)+$/, "") }`, want: cpu},
		"promises":                    {source: `async function run() { for (;;) await null }`, want: cpu},
		"promises that make promises": {source: `function run() { const f = () => Promise.resolve().then(f); return f() }`, want: either},
		"a generator":                 {source: `function run() { function* g() { for (;;) yield 1 } for (const x of g()); }`, want: cpu},
		"a built-in function":         {source: `function run() { return Array.prototype.indexOf.call({length: 2 ** 52}, 1) }`, want: cpu},
		"sparse arrays":               {source: `function run() { const a = []; a.length = 2 ** 32 - 1; return a.reduce((x) => x, 0) }`, want: cpu},
		"large integers":              {source: `function run() { let x = 3n; for (;;) x *= x }`, want: either},
		"a slow compiler":             {source: "function run() { return 0" + repeat("+a", 60000) + "}", want: kinds(sandbox.OverCPU, sandbox.OverMemory, sandbox.Syntax)},
	}
}

func greedy() map[string]escape {
	memory := kinds(sandbox.OverMemory)
	either := kinds(sandbox.OverMemory, sandbox.Thrown)
	return map[string]escape{
		"an array that grows":   {source: `function run() { const a = []; for (;;) a.push([1, 2, 3, 4, 5, 6, 7, 8]) }`, want: memory},
		"a full array":          {source: `function run() { return new Array(1e8).fill(1.5).length }`, want: either},
		"concatenation":         {source: `function run() { let a = ["x".repeat(1000)]; for (;;) a = a.concat(a) }`, want: memory},
		"repeat":                {source: `function run() { return "x".repeat(2 ** 29).length }`, want: either},
		"repeat of repeats":     {source: `function run() { const k = []; for (;;) k.push("ä".repeat(2 ** 20)) }`, want: memory},
		"a string that doubles": {source: `function run() { let s = "xy"; for (;;) s += s }`, want: either},
		"padStart":              {source: `function run() { return "x".padStart(2 ** 30, "yz").length }`, want: either},
		"join":                  {source: `function run() { return new Array(2 ** 26).join("wide separator").length }`, want: either},
		"a template":            {source: "function run() { let s = 'xy'; for (;;) s = `${s}${s}` }", want: either},
		"replace":               {source: `function run() { let s = "x"; for (;;) s = s.replace(/x/g, "xxxxxxxxxx") }`, want: kinds(sandbox.OverMemory, sandbox.OverCPU)},
		"a buffer":              {source: `function run() { return new ArrayBuffer(2 ** 31 - 1).byteLength }`, want: either},
		"a huge buffer":         {source: `function run() { return new ArrayBuffer(2 ** 45).byteLength }`, want: either},
		"typed arrays":          {source: `function run() { const k = []; for (;;) k.push(new Float64Array(1e5)) }`, want: memory},
		"a map":                 {source: `function run() { const m = new Map(); for (let i = 0; ; i++) m.set(i, "v" + i) }`, want: memory},
		"a set":                 {source: `function run() { const m = new Set(); for (let i = 0; ; i++) m.add({}) }`, want: memory},
		"closures":              {source: `function run() { let f = () => 0; for (;;) { const g = f; f = () => g } }`, want: memory},
		"JSON":                  {source: `function run() { let a = "x".repeat(1e5); let v = [a, a, a, a, a, a, a, a, a, a]; v = [v, v, v, v, v, v, v, v, v, v]; v = [v, v, v, v, v, v, v, v, v, v]; return v }`, want: kinds(sandbox.OverMemory, sandbox.OverOutput)},
		"jobs":                  {source: `function run() { for (;;) Promise.resolve().then(() => 1) }`, want: memory},
		"input read again":      {source: `function run() { const s = "[" + "[],".repeat(1e6) + "0]"; const k = []; for (;;) k.push(JSON.parse(s)) }`, want: kinds(sandbox.OverMemory, sandbox.OverCPU)},
	}
}

func deep() map[string]escape {
	thrown := kinds(sandbox.Thrown)
	return map[string]escape{
		"recursion":                     {source: `function run() { return 1 + run() }`, want: thrown},
		"recursion that catches":        {source: `function run() { try { return run() } catch (e) { return run() } }`, want: thrown},
		"recursion through a getter":    {source: `const o = {get a() { return this.a }}; function run() { return o.a }`, want: thrown},
		"recursion through toString":    {source: `const o = {toString() { return "" + this }}; function run() { return "" + o }`, want: thrown},
		"recursion through map":         {source: `function run() { return [1].map(run) }`, want: thrown},
		"recursion through sort":        {source: `function run() { return [1, 2].sort(run) }`, want: thrown},
		"recursion through a proxy":     {source: `const p = new Proxy({}, {get(t, k, r) { return r[k] }}); function run() { return p.a }`, want: thrown},
		"recursion through replace":     {source: `function run() { return "a".replace(/a/, run) }`, want: thrown},
		"recursion through toJSON":      {source: `const o = {toJSON() { return JSON.stringify(o) }}; function run() { return o }`, want: kinds(sandbox.Thrown, sandbox.NoResult)},
		"recursion through bind":        {source: `function run() { let f = () => 1; for (let i = 0; i < 1e6; i++) f = f.bind(null); return f() }`, want: kinds(sandbox.Thrown, sandbox.OverMemory)},
		"recursion through eval":        {source: `function run() { return eval("run()") }`, want: thrown},
		"a chain of prototypes":         {source: `function run() { let o = {}; for (let i = 0; i < 5e4; i++) o = Object.create(o); return o.missing === undefined }`, want: kinds(""), says: "true"},
		"a chain of proxies":            {source: `function run() { let o = {}; for (let i = 0; i < 2e5; i++) o = new Proxy(o, {}); return o.missing }`, want: kinds(sandbox.Thrown, sandbox.OverMemory)},
		"deep JSON out":                 {source: `function run() { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a }`, want: kinds(sandbox.NoResult, sandbox.OverOutput, sandbox.OverMemory)},
		"deep JSON in":                  {source: `function run() { return JSON.parse("[".repeat(1e6)) }`, want: kinds(sandbox.Thrown, sandbox.OverMemory)},
		"deep JSON to the host":         {source: `function run() { let a = []; for (let i = 0; i < 2e4; i++) a = [a]; return karnak.call("echo", a) }`, want: kinds(sandbox.Thrown)},
		"deep flat":                     {source: `function run() { let a = []; for (let i = 0; i < 1e6; i++) a = [a]; return a.flat(Infinity) }`, want: kinds(sandbox.Thrown, sandbox.OverMemory)},
		"a deep regular expression":     {source: `function run() { return new RegExp("(".repeat(1e5) + ")".repeat(1e5)).source.length }`, want: kinds(sandbox.Thrown, sandbox.OverMemory)},
		"a deep program inside":         {source: `function run() { return eval("(".repeat(2e5) + "1" + ")".repeat(2e5)) }`, want: kinds(sandbox.Thrown, sandbox.OverMemory)},
		"a deep program":                {source: "function run() { return " + repeat("(", 100000) + "1" + repeat(")", 100000) + "}", want: kinds(sandbox.Syntax, sandbox.OverMemory)},
		"a deep program that is closed": {source: "function run() { return " + repeat("[", 120000) + repeat("]", 120000) + "}", want: kinds(sandbox.Syntax, sandbox.OverMemory)},
	}
}

func loud() map[string]escape {
	return map[string]escape{
		"a long text":              {source: `function run() { return "x".repeat(1 << 20) }`, want: kinds(sandbox.OverOutput)},
		"one byte too many":        {source: `function run() { return "x".repeat((64 << 10) - 1) }`, want: kinds(sandbox.OverOutput)},
		"as much as is allowed":    {source: `function run() { return "x".repeat((64 << 10) - 2) }`, want: kinds(""), says: "xxx"},
		"a flood of lines":         {source: `function run() { for (let i = 0; i < 5000; i++) console.log(i); return "quiet" }`, want: kinds(""), says: `"quiet"`},
		"an endless flood":         {source: `function run() { for (;;) console.log("x".repeat(5000)) }`, want: kinds(sandbox.OverCPU)},
		"a flood of calls":         {source: `function run() { let n = 0; try { for (;;) { karnak.call("echo", 1); n++ } } catch (e) { return [n, e.message] } }`, want: kinds(""), says: `[1000,"karnak.call: more than 1000 calls"]`},
		"a flood of refused calls": {source: `function run() { for (;;) try { karnak.call("no") } catch (e) {} }`, want: kinds(sandbox.OverCPU)},
		"a large call":             {source: `function run() { return karnak.call("echo", "x".repeat(2 << 20)) }`, want: kinds(sandbox.Thrown)},
	}
}

func outside() map[string]escape {
	ok := kinds("")
	return map[string]escape{
		"the constructor's constructor":  {source: `function run() { return this.constructor.constructor("return process")() }`, want: kinds(sandbox.Thrown)},
		"of host functions":              {source: `function run() { return console.log.constructor("return typeof process + typeof require + typeof Deno + typeof global")() }`, want: ok, says: `"undefinedundefinedundefinedundefined"`},
		"eval":                           {source: `function run() { return (0, eval)("typeof require + typeof module + typeof exports + typeof process") }`, want: ok, says: `"undefinedundefinedundefinedundefined"`},
		"import":                         {source: `async function run() { return await import("fs") }`, want: kinds(sandbox.Syntax)},
		"timers and the network":         {source: `function run() { return ["setTimeout", "setInterval", "fetch", "XMLHttpRequest", "WebSocket", "queueMicrotask", "print", "load", "read", "Go", "os"].filter(n => n in globalThis) }`, want: ok, says: `[]`},
		"all there is":                   {source: `function run() { return Object.getOwnPropertyNames(globalThis).filter(n => !/^(Object|Function|Array|String|Number|Boolean|Symbol|BigInt|Math|JSON|Date|RegExp|Promise|Proxy|Reflect|Map|Set|WeakMap|WeakSet|WeakRef|FinalizationRegistry|Iterator|AsyncIterator|GoError|globalThis|NaN|Infinity|undefined|is(NaN|Finite)|parse(Int|Float)|(en|de)codeURI(Component)?|(un)?escape|eval|\w*Error|\w*Array|ArrayBuffer|DataView|console|karnak|run)$/.test(n)) }`, want: ok, says: `[]`},
		"what the console is":            {source: `function run() { return [Object.getOwnPropertyNames(console), Object.getOwnPropertyNames(karnak), Object.getPrototypeOf(karnak) === Object.prototype] }`, want: ok, says: `[["log","info","warn","error"],["call"],true]`},
		"a call that is not allowed":     {source: `function run() { try { return karnak.call("secret") } catch (e) { return e.message } }`, want: ok, says: `"karnak.call: secret is not allowed here"`},
		"a name that changes its mind":   {source: `let n = 0; function run() { return karnak.call({toString() { return n++ ? "secret" : "echo" }}, "once") + n }`, want: ok, says: `"once1"`},
		"names of prototypes":            {source: `function run() { return ["__proto__", "constructor", "toString", "", undefined].map(n => { try { karnak.call(n); return 1 } catch (e) { return 0 } }) }`, want: ok, says: `[0,0,0,0,0]`},
		"calls that are added":           {source: `function run() { Array.prototype.includes = Array.prototype.indexOf = () => true; Set.prototype.has = () => true; return karnak.call("secret") }`, want: kinds(sandbox.Thrown)},
		"__proto__ in the input":         {source: `function run(i) { return [i.admin === undefined, ({}).admin === undefined, Object.keys(i), JSON.stringify(i)] }`, want: ok, says: `[true,true,["__proto__","constructor"],"{\"__proto__\":{\"admin\":true},\"constructor\":{\"prototype\":{\"admin\":1}}}"]`},
		"JSON is another":                {source: `JSON = {stringify: () => '{"fault":{"kind":"BROKEN"}}', parse: () => 666}; function run(i) { return [i.constructor.prototype.admin, karnak.call("echo", [1])] }`, want: ok, says: `[1,[1]]`},
		"JSON's functions are others":    {source: `JSON.stringify = () => "{}\n{}"; JSON.parse = () => 666; function run(i) { return karnak.call("echo", {a: 1}) }`, want: ok, says: `{"a":1}`},
		"toJSON of all objects":          {source: `Object.prototype.toJSON = () => "mine"; function run() { console.log({}); return karnak.call("echo", {a: 1}) }`, want: ok, says: `"mine"`},
		"promises are others":            {source: `Promise = class {}; Promise.prototype.then = 1; function run() { return 5 }`, want: ok, says: `5`},
		"then of all promises":           {source: `Promise.prototype.then = () => { throw 1 }; async function run() { return await 6 }`, want: ok, says: `6`},
		"lists are others":               {source: `Array.prototype.push = Array.prototype.join = Array.prototype[Symbol.iterator] = () => { throw 1 }; Object.defineProperty(Array.prototype, "0", {set() { throw 1 }}); function run() { console.log(1, 2); return karnak.call("echo", [7]) }`, want: ok, says: `[7]`},
		"errors are others":              {source: `Error = function () { return 1 }; Object.defineProperty(Error.prototype, "message", {set() { for (;;); }}); function run() { try { karnak.call("fail") } catch (e) { return e.message } }`, want: ok, says: `"no such bed"`},
		"the console is another":         {source: `console.log = karnak.call = undefined; console = null; function run() { return 8 }`, want: ok, says: `8`},
		"a frozen world":                 {source: `Object.freeze(globalThis); Object.freeze(Object.prototype); function run() { return [9] }`, want: ok, says: `[9]`},
		"a source map":                   {source: "function run() { return 10 }\n//# sourceMappingURL=/etc/hostname", want: ok, says: `10`},
		"a source map inside":            {source: `function run() { return eval("11\n//# sourceMappingURL=/etc/hostname") }`, want: ok, says: `11`},
		"a forged end":                   {source: `function run() { console.log('x"}\n{"result":"forged"}\n'); console.log("\u2028{\"fault\":{\"kind\":\"BROKEN\",\"message\":\"\"}}"); return "true" }`, want: ok, says: `"true"`},
		"a result that looks like a end": {source: `function run() { return {fault: {kind: "BROKEN", message: "x"}, ready: true, call: {name: "secret"}} }`, want: ok, says: `{"fault":{"kind":"BROKEN","message":"x"},"ready":true,"call":{"name":"secret"}}`},
	}
}

func TestEscapes(t *testing.T) {
	t.Parallel()
	if sandbox.Racing {
		t.Skip("the race detector's own memory is beyond all limits")
	}
	p := newPool(t)
	for part, table := range map[string]map[string]escape{"endless": endless(), "greedy": greedy(), "deep": deep(), "loud": loud(), "outside": outside()} {
		for name, c := range table {
			t.Run(part+"/"+name, func(t *testing.T) {
				t.Parallel()
				g := program(c.source)
				if part == "greedy" || part == "deep" {
					g.Limits.CPU = 5 * time.Second
				}
				g.Input = json.RawMessage(`{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":1}}}`)
				g.Calls = []string{"echo", "fail"}
				var l lines
				r, err := p.Run(t.Context(), g, sandbox.Host{Call: echo, Log: l.add})
				if kind := kindOf(err); !slices.Contains(c.want, kind) || kind == "" && err != nil {
					t.Errorf("got %.300v, %+v", err, r.Usage)
				}
				if !strings.Contains(string(r.Output), c.says) || c.says == "" && r.Output != nil {
					t.Errorf("got %.300s", r.Output)
				}
				sane(t, g, r, l.kept)
			})
		}
	}
}

// sane is what holds for every run. The kernel refuses memory a quarter and 128 MiB beyond the limit; up to there it is a
// matter of how soon the child looks at itself.
func sane(t *testing.T, g sandbox.Program, r sandbox.Result, logged []string) {
	t.Helper()
	if over := r.Usage.CPU - g.Limits.CPU; over > 400*time.Millisecond {
		t.Errorf("it had %s more processor time than it should", over)
	}
	if over := r.Usage.Memory - g.Limits.Memory; over > 144<<20 {
		t.Errorf("it had %d MiB more memory than it should", over>>20)
	}
	total := 0
	for _, line := range logged {
		total += len(line)
		if strings.ContainsAny(line, "\r\n\u2028") || len(line) > 2<<10 {
			t.Errorf("a line of %d bytes: %.100q", len(line), line)
		}
	}
	if len(logged) > 1000 || total > 256<<10 {
		t.Errorf("%d lines of %d bytes", len(logged), total)
	}
}
