package scenario_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
)

// bench is a workspace with an admin and somebody who runs tools.
type bench struct {
	*apptest.Node
	owner, who apptest.Person
	ws         string
}

func newBench(t *testing.T, n *apptest.Node) bench {
	t.Helper()
	b := bench{Node: n, owner: n.SignUp(t, "Olga"), who: n.SignUp(t, "Ulf")}
	b.ws = n.Workspace(t, b.owner, "acme")
	n.Join(t, b.owner, b.who, b.ws, "pro")
	return b
}

func benches(t *testing.T, o apptest.Options, f func(t *testing.T, b bench)) {
	t.Helper()
	apptest.Each(t, o, func(t *testing.T, n *apptest.Node) { f(t, newBench(t, n)) })
}

// doubling is a version of a tool; given changes it.
func (b bench) doubling(given apptest.Vars) apptest.Vars {
	in := apptest.Vars{
		"workspaceId": b.ws, "name": "double", "number": "1.0.0", "description": "Doubles a number.", "replay": "READ_ONLY",
		"source":       `function run(input) { console.log("doubling", input.n); return {twice: input.n * 2} }`,
		"inputSchema":  apptest.Vars{"type": "object", "properties": apptest.Vars{"n": apptest.Vars{"type": "number"}}, "required": []string{"n"}},
		"outputSchema": apptest.Vars{"type": "object", "properties": apptest.Vars{"twice": apptest.Vars{"type": "number"}}, "required": []string{"twice"}},
	}
	for k, v := range given {
		in[k] = v
	}
	return in
}

const versioned = `toolVersion { id number hash state note tool { name current { number } } decidedBy { displayName } }`

// register proposes a version and has it approved.
func (b bench) register(t *testing.T, given apptest.Vars) (id string) {
	t.Helper()
	a := must(t, b.Node, b.who, "registerToolVersion", versioned, b.doubling(given))
	is(t, a, "registerToolVersion.toolVersion.state", "PROPOSED")
	id = a.Text("registerToolVersion.toolVersion.id")
	a = must(t, b.Node, b.owner, "approveToolChange", versioned, apptest.Vars{
		"toolVersionId": id, "hash": a.Text("registerToolVersion.toolVersion.hash"), "approve": true, "note": "looks good",
	})
	is(t, a, "approveToolChange.toolVersion.state", "APPROVED")
	return id
}

const invoked = `invocation { id tool number state asking argumentsHash output attempts error { code message } usage { cpuMs wallMs memoryBytes } }`

const toolSteps = `subscription($id: ID!, $after: Cursor) { toolInvocationEvents(toolInvocationId: $id, after: $after) { __typename seq cursor
	... on ToolInvocationAwaiting { asking expiresAt } ... on ToolInvocationStarted { attempt } ... on ToolInvocationLogged { line }
	... on ToolInvocationEnded { ` + invoked + ` } } }`

// run runs a tool to its end, and returns the last event and the kinds of all of them.
func (b bench) run(t *testing.T, p apptest.Person, given apptest.Vars) (last apptest.Answer, kinds []string) {
	t.Helper()
	in := apptest.Vars{"workspaceId": b.ws}
	for k, v := range given {
		in[k] = v
	}
	a := must(t, b.Node, p, "invokeTool", invoked, in)
	return b.follow(t, p, a.Text("invokeTool.invocation.id"))
}

func (b bench) follow(t *testing.T, p apptest.Person, id string) (last apptest.Answer, kinds []string) {
	t.Helper()
	s := subscribe(t, b.Node, p, toolSteps, apptest.Vars{"id": id})
	for {
		last = s.next(t)
		kind := last.Text("toolInvocationEvents.__typename")
		if kinds = append(kinds, kind); kind == "ToolInvocationEnded" {
			return last, kinds
		}
	}
}

const end = "toolInvocationEvents.invocation."

func TestAToolIsRegisteredApprovedAndRun(t *testing.T) {
	t.Parallel()
	benches(t, apptest.Options{}, func(t *testing.T, b bench) {
		refuse(t, b.Node, b.who, "NOT_FOUND tool", "invokeTool", invoked, apptest.Vars{"workspaceId": b.ws, "tool": "double", "arguments": apptest.Vars{"n": 21}})
		a := must(t, b.Node, b.who, "registerToolVersion", versioned, b.doubling(nil))
		refuse(t, b.Node, b.who, "NOT_ALLOWED tool", "invokeTool", invoked, apptest.Vars{"workspaceId": b.ws, "tool": "double", "arguments": apptest.Vars{"n": 21}})
		decide := apptest.Vars{"toolVersionId": a.Text("registerToolVersion.toolVersion.id"), "hash": strings.Repeat("0", 64), "approve": true}
		refuse(t, b.Node, b.who, "!FORBIDDEN", "approveToolChange", versioned, decide)
		refuse(t, b.Node, b.owner, "CONFLICT hash", "approveToolChange", versioned, decide)
		decide["hash"] = a.Text("registerToolVersion.toolVersion.hash")
		is(t, must(t, b.Node, b.owner, "approveToolChange", versioned, decide), "approveToolChange.toolVersion.decidedBy.displayName", "Olga")
		refuse(t, b.Node, b.owner, "NOT_ALLOWED toolVersionId", "approveToolChange", versioned, decide)

		last, kinds := b.run(t, b.who, apptest.Vars{"tool": "double", "arguments": apptest.Vars{"n": 21}})
		is(t, last, end+"state", "SUCCEEDED")
		is(t, last, end+"output.twice", 42)
		is(t, last, end+"error", nil)
		if got := strings.Join(kinds, " "); got != "ToolInvocationStarted ToolInvocationLogged ToolInvocationEnded" {
			t.Errorf("%s", got)
		}
		refuse(t, b.Node, b.who, "INVALID arguments", "invokeTool", invoked, apptest.Vars{"workspaceId": b.ws, "tool": "double", "arguments": apptest.Vars{"n": "21"}})
		refuse(t, b.Node, b.who, "INVALID arguments", "invokeTool", invoked, apptest.Vars{"workspaceId": b.ws, "tool": "double", "arguments": []int{1}})
		refuse(t, b.Node, b.who, "NOT_FOUND number", "invokeTool", invoked, apptest.Vars{"workspaceId": b.ws, "tool": "double", "number": "9.0.0", "arguments": apptest.Vars{"n": 1}})

		list := b.Must(t, b.who.Token, `query($w: ID!) { workspace(id: $w) { tools { totalCount nodes { name current { number inputSchema timeout permissions } versions { nodes { number state } } } }
			builtInTools { name number inputSchema permissions } toolInvocations(state: SUCCEEDED) { totalCount nodes { tool startedBy { displayName } toolVersion { number } } } } }`, apptest.Vars{"w": b.ws})
		is(t, list, "workspace.tools.totalCount", 1)
		is(t, list, "workspace.tools.nodes.0.current.number", "1.0.0")
		is(t, list, "workspace.tools.nodes.0.current.timeout", "PT10S")
		is(t, list, "workspace.tools.nodes.0.current.inputSchema.type", "object")
		is(t, list, "workspace.toolInvocations.totalCount", 1)
		is(t, list, "workspace.toolInvocations.nodes.0.startedBy.displayName", "Ulf")
		is(t, list, "workspace.toolInvocations.nodes.0.toolVersion.number", "1.0.0")
		if names := column(list, "workspace.builtInTools", "name"); len(names) != 5 || names[0] != "karnak_search_messages" {
			t.Errorf("built in: %v", names)
		}
	})
}

func TestVersionsOfATool(t *testing.T) {
	t.Parallel()
	benches(t, apptest.Options{}, func(t *testing.T, b bench) {
		triple := apptest.Vars{"number": "1.1.0", "source": `function run(i) { return {twice: i.n * 3} }`}
		first := b.register(t, nil)
		for name, c := range map[string]struct {
			given apptest.Vars
			want  string
		}{
			"the same number":           {nil, "TAKEN number"},
			"a lower number":            {apptest.Vars{"number": "1.0.0-rc.1"}, "TAKEN number"},
			"no number":                 {apptest.Vars{"number": "2"}, "INVALID number"},
			"a number with a build":     {apptest.Vars{"number": "2.0.0+1"}, "INVALID number"},
			"no name":                   {apptest.Vars{"name": "Double It"}, "INVALID name"},
			"a name of karnak's":        {apptest.Vars{"name": "karnak_double"}, "INVALID name"},
			"no program":                {apptest.Vars{"number": "2.0.0", "source": "function run( {"}, "INVALID source"},
			"no schema":                 {apptest.Vars{"number": "2.0.0", "inputSchema": apptest.Vars{"type": "string"}}, "INVALID inputSchema"},
			"a schema from elsewhere":   {apptest.Vars{"number": "2.0.0", "outputSchema": apptest.Vars{"$ref": "file:///etc/passwd"}}, "INVALID outputSchema"},
			"a permission there is not": {apptest.Vars{"number": "2.0.0", "permissions": []string{"chat:fly"}}, "INVALID permissions"},
			"one of the platform":       {apptest.Vars{"number": "2.0.0", "permissions": []string{"admin:system"}}, "INVALID permissions"},
			"a use without its right":   {apptest.Vars{"number": "2.0.0", "uses": []string{"karnak_read_channel"}}, "INVALID permissions"},
			"a use there is not":        {apptest.Vars{"number": "2.0.0", "uses": []string{"karnak_fly"}}, "NOT_FOUND uses"},
			"fetching from nobody":      {apptest.Vars{"number": "2.0.0", "uses": []string{"karnak_fetch_url"}}, "INVALID hosts"},
			"a host that is none":       {apptest.Vars{"number": "2.0.0", "uses": []string{"karnak_fetch_url"}, "hosts": []string{"127.0.0.1"}}, "INVALID hosts"},
			"too long":                  {apptest.Vars{"number": "2.0.0", "timeout": "PT2M"}, "INVALID timeout"},
		} {
			if got := outcome(run(t, b.Node, b.who, "registerToolVersion", versioned, b.doubling(c.given)), "registerToolVersion"); got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
		second := b.register(t, triple)
		twice := func(want int, given apptest.Vars) {
			t.Helper()
			in := apptest.Vars{"tool": "double", "arguments": apptest.Vars{"n": 10}}
			for k, v := range given {
				in[k] = v
			}
			last, _ := b.run(t, b.who, in)
			is(t, last, end+"output.twice", want)
		}
		twice(30, nil)
		twice(20, apptest.Vars{"number": "1.0.0"})
		a := must(t, b.Node, b.owner, "rollBackTool", "tool { current { number } version }", apptest.Vars{"toolVersionId": first})
		is(t, a, "rollBackTool.tool.current.number", "1.0.0")
		twice(20, nil)
		a = must(t, b.Node, b.owner, "deprecateToolVersion", versioned, apptest.Vars{"toolVersionId": first, "note": "too small"})
		is(t, a, "deprecateToolVersion.toolVersion.state", "DEPRECATED")
		is(t, a, "deprecateToolVersion.toolVersion.tool.current.number", "1.1.0")
		twice(30, nil)
		refuse(t, b.Node, b.owner, "NOT_ALLOWED toolVersionId", "rollBackTool", "tool { id }", apptest.Vars{"toolVersionId": first})
		must(t, b.Node, b.owner, "deprecateToolVersion", versioned, apptest.Vars{"toolVersionId": second})
		refuse(t, b.Node, b.who, "NOT_ALLOWED tool", "invokeTool", invoked, apptest.Vars{"workspaceId": b.ws, "tool": "double", "arguments": apptest.Vars{"n": 1}})

		third := must(t, b.Node, b.who, "registerToolVersion", versioned, b.doubling(apptest.Vars{"number": "2.0.0"}))
		refuse(t, b.Node, b.owner, "NOT_ALLOWED toolVersionId", "rollBackTool", "tool { id }", apptest.Vars{"toolVersionId": third.Text("registerToolVersion.toolVersion.id")})
		a = must(t, b.Node, b.owner, "approveToolChange", versioned, apptest.Vars{
			"toolVersionId": third.Text("registerToolVersion.toolVersion.id"), "hash": third.Text("registerToolVersion.toolVersion.hash"), "approve": false, "note": "no",
		})
		is(t, a, "approveToolChange.toolVersion.state", "REJECTED")
		is(t, a, "approveToolChange.toolVersion.tool.current", nil)
		// The hash is of what a version does, whatever the order it is written in.
		one := must(t, b.Node, b.who, "registerToolVersion", versioned, b.doubling(apptest.Vars{"name": "other", "permissions": []string{"chat:read", "user:read"}}))
		two := must(t, b.Node, b.who, "registerToolVersion", versioned, b.doubling(apptest.Vars{"name": "others", "permissions": []string{"user:read", "chat:read"}}))
		if one.Text("registerToolVersion.toolVersion.hash") == two.Text("registerToolVersion.toolVersion.hash") {
			t.Error("two tools have one hash")
		}
	})
}

func TestHowProgramsFail(t *testing.T) {
	t.Parallel()
	benches(t, apptest.Options{}, func(t *testing.T, b bench) {
		object := apptest.Vars{"type": "object"}
		for name, c := range map[string]struct{ source, code, say string }{
			"throws":   {`function run() { throw new RangeError("out of cheese") }`, "PROGRAM_FAILED", "RangeError: out of cheese"},
			"loops":    {`function run() { for (;;); }`, "LIMIT_EXCEEDED", "processor"},
			"grows":    {`function run() { const a = []; for (;;) a.push("x".repeat(1e6) + a.length) }`, "LIMIT_EXCEEDED", "memory"},
			"says_odd": {`function run() { return {twice: "much"} }`, "INVALID_OUTPUT", "/twice: has to be number, not string."},
			"nothing":  {`function run() {}`, "PROGRAM_FAILED", "JSON"},
			"reaches":  {`function run() { return karnak.call("karnak_search_messages", {words: "x"}) }`, "PROGRAM_FAILED", "not allowed here"},
		} {
			timeout := "PT30S"
			if name == "loops" {
				timeout = "PT2S"
			}
			b.register(t, apptest.Vars{"name": "t_" + name, "source": c.source, "inputSchema": object, "timeout": timeout})
			last, _ := b.run(t, b.who, apptest.Vars{"tool": "t_" + name, "arguments": apptest.Vars{}})
			code, say := last.Text(end+"error.code"), last.Text(end+"error.message")
			if name == "loops" && code == "TIMEOUT" { // on a machine that has no time for it
				continue
			}
			if code != c.code || !strings.Contains(say, c.say) || last.Text(end+"state") != "FAILED" {
				t.Errorf("%s: %s %s", name, code, say)
			}
		}
	})
}

// TestALogIsWhole has a program log more in its time than could be written line by line.
func TestALogIsWhole(t *testing.T) {
	t.Parallel()
	benches(t, apptest.Options{}, func(t *testing.T, b bench) {
		b.register(t, apptest.Vars{"source": `function run(i) { for (let n = 0; n < 400; n++) console.log("line", n); return {twice: 0} }`, "timeout": "PT30S"})
		a := must(t, b.Node, b.who, "invokeTool", invoked, apptest.Vars{"workspaceId": b.ws, "tool": "double", "arguments": apptest.Vars{"n": 1}})
		s := subscribe(t, b.Node, b.who, toolSteps, apptest.Vars{"id": a.Text("invokeTool.invocation.id")})
		for lines := 0; ; {
			switch e := s.next(t); e.Text("toolInvocationEvents.__typename") {
			case "ToolInvocationLogged":
				is(t, e, "toolInvocationEvents.line", fmt.Sprint("line ", lines))
				lines++
			case "ToolInvocationEnded":
				if is(t, e, end+"state", "SUCCEEDED"); lines != 400 {
					t.Errorf("%d lines", lines)
				}
				return
			}
		}
	})
}

func TestBuiltInTools(t *testing.T) {
	t.Parallel()
	benches(t, apptest.Options{}, func(t *testing.T, b bench) {
		open := b.Channel(t, b.owner, b.ws, "open", "PUBLIC")
		secret := b.Channel(t, b.owner, b.ws, "secret", "PRIVATE")
		b.Send(t, b.owner, open, "The harvest is plentiful")
		b.Send(t, b.owner, secret, "The harvest is a lie")
		call := func(p apptest.Person, name string, arguments apptest.Vars) apptest.Answer {
			t.Helper()
			last, _ := b.run(t, p, apptest.Vars{"tool": name, "arguments": arguments})
			return last
		}
		for who, want := range map[*apptest.Person]string{&b.who: "[The harvest is plentiful]", &b.owner: "[The harvest is a lie The harvest is plentiful]"} {
			a := call(*who, "karnak_search_messages", apptest.Vars{"words": "harvest"})
			if got := fmt.Sprint(column(a, end+"output.messages", "body")); got != want {
				t.Errorf("%s found %s", who.Email, got)
			}
		}
		is(t, call(b.who, "karnak_list_channels", apptest.Vars{}), end+"output.channels.0.name", "open")
		is(t, call(b.who, "karnak_read_channel", apptest.Vars{"channelId": open}), end+"output.messages.0.author", "Olga")
		for _, c := range []string{secret, "chan_00000000000000000000000000", "x"} {
			a := call(b.who, "karnak_read_channel", apptest.Vars{"channelId": c})
			is(t, a, end+"error.message", "There is no such channel that you may read.")
		}
		is(t, call(b.who, "karnak_calculate", apptest.Vars{"expression": "(19.90 * 12) / 7 - 0.1"}), end+"output.exact", false)
		is(t, call(b.who, "karnak_calculate", apptest.Vars{"expression": "0.1 + 0.2"}), end+"output.value", "0.3")
		is(t, call(b.who, "karnak_calculate", apptest.Vars{"expression": "1 / 0"}), end+"error.code", "INVALID_ARGUMENTS")
		for _, u := range []string{"http://127.0.0.1:1/", "http://169.254.169.254/latest", "http://localhost/", "http://2130706433/", "file:///etc/passwd", "http://[::1]/"} {
			a := call(b.who, "karnak_fetch_url", apptest.Vars{"url": u})
			is(t, a, end+"error.code", "FORBIDDEN")
		}
		// What is taken away holds for tools at once.
		must(t, b.Node, b.owner, "createRole", "role { name }", apptest.Vars{"workspaceId": b.ws, "name": "deaf", "parents": []string{"pro"}, "deny": []string{"chat:read"}})
		must(t, b.Node, b.owner, "assignRole", "member { role }", apptest.Vars{"workspaceId": b.ws, "userId": b.who.ID, "role": "deaf"})
		is(t, call(b.who, "karnak_search_messages", apptest.Vars{"words": "harvest"}), end+"error.code", "FORBIDDEN")
	})
}

func TestAToolFetches(t *testing.T) {
	t.Parallel()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, `<html><head><title>Hall</title><style>p{}</style></head><body><script>alert(1)</script><p>Wel<b>come</b>  in</p><p>Sit</p></body></html>`)
		case "/away":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		default:
			w.Header().Set("Content-Type", "image/png")
		}
	}))
	t.Cleanup(page.Close)
	benches(t, apptest.Options{Args: []string{"--egress-private"}}, func(t *testing.T, b bench) {
		for path, want := range map[string]string{"/": "Hall\nWelcome in\nSit", "/away": "", "/picture": ""} {
			last, _ := b.run(t, b.who, apptest.Vars{"tool": "karnak_fetch_url", "arguments": apptest.Vars{"url": page.URL + path}})
			if got := last.Text(end + "output.text"); got != want || (want == "") != (last.Text(end+"error.code") == "UNAVAILABLE") {
				t.Errorf("%s: %s", path, last.Body)
			}
		}
		// A program fetches from its hosts alone.
		b.register(t, apptest.Vars{
			"name": "look", "uses": []string{"karnak_fetch_url"}, "hosts": []string{"*.example.com"}, "inputSchema": apptest.Vars{"type": "object"}, "outputSchema": nil,
			"source": `function run() { try { return karnak.call("karnak_fetch_url", {url: "` + page.URL + `"}) } catch (e) { return e.message } }`,
		})
		last, _ := b.run(t, b.who, apptest.Vars{"tool": "look", "arguments": apptest.Vars{}})
		is(t, last, end+"output", "This tool fetches from *.example.com alone.")
	})
}

// TestRightsAreThoseOfBoth runs one program with the rights of the tool, and with those of its caller.
func TestRightsAreThoseOfBoth(t *testing.T) {
	t.Parallel()
	benches(t, apptest.Options{}, func(t *testing.T, b bench) {
		c := b.Channel(t, b.owner, b.ws, "secret", "PRIVATE")
		b.Send(t, b.owner, c, "The harvest is a lie")
		moderator := b.SignUp(t, "Mia")
		b.Join(t, b.owner, moderator, b.ws, "moderator")
		source := `function run(i) { try { return karnak.call("karnak_read_channel", {channelId: i.id}).messages.map(m => m.body) } catch (e) { return e.message } }`
		given := apptest.Vars{"source": source, "inputSchema": apptest.Vars{"type": "object"}, "outputSchema": nil, "uses": []string{"karnak_read_channel"}}
		given["name"], given["permissions"] = "narrow", []string{"chat:read"}
		b.register(t, given)
		given["name"], given["permissions"] = "wide", []string{"chat:read", "chat:read:all"}
		b.register(t, given)
		const none = "There is no such channel that you may read."
		for name, x := range map[string]struct {
			who  apptest.Person
			tool string
			want string
		}{
			"a member":                              {b.owner, "narrow", "[The harvest is a lie]"},
			"a moderator, without the tool's right": {moderator, "narrow", none},
			"a moderator, with it":                  {moderator, "wide", "[The harvest is a lie]"},
			"nobody, with the tool's right":         {b.who, "wide", none},
		} {
			last, _ := b.run(t, x.who, apptest.Vars{"tool": x.tool, "arguments": apptest.Vars{"id": c}})
			if got := fmt.Sprint(last.Get(end + "output")); got != x.want {
				t.Errorf("%s: %s", name, got)
			}
		}
	})
}

func TestApprovalOfARun(t *testing.T) {
	t.Parallel()
	clocked(t, time.Now(), apptest.Options{}, func(t *testing.T, n *apptest.Node, now *clock.Manual) {
		b := newBench(t, n)
		b.register(t, apptest.Vars{"replay": "EFFECT", "approval": "ALWAYS"})
		ask := func() apptest.Answer {
			t.Helper()
			a := must(t, b.Node, b.who, "invokeTool", invoked, apptest.Vars{"workspaceId": b.ws, "tool": "double", "arguments": apptest.Vars{"n": 21}})
			is(t, a, "invokeTool.invocation.state", "AWAITING_APPROVAL")
			is(t, a, "invokeTool.invocation.asking", "POLICY")
			return a
		}
		answer := func(a apptest.Answer, yes bool) apptest.Vars {
			return apptest.Vars{
				"toolInvocationId": a.Text("invokeTool.invocation.id"), "argumentsHash": a.Text("invokeTool.invocation.argumentsHash"), "approve": yes, "note": "because",
			}
		}
		a := ask()
		s := subscribe(t, b.Node, b.who, toolSteps, apptest.Vars{"id": a.Text("invokeTool.invocation.id")})
		is(t, s.next(t), "toolInvocationEvents.__typename", "ToolInvocationAwaiting")
		other := answer(a, true)
		other["argumentsHash"] = strings.Repeat("0", 64)
		refuse(t, b.Node, b.who, "CONFLICT argumentsHash", "approveToolCall", invoked, other)
		refuse(t, b.Node, b.owner, "NOT_FOUND", "approveToolCall", invoked, answer(a, true))
		device := signIn(t, b.Node, b.who)
		must(t, b.Node, device, "approveToolCall", invoked, answer(a, true))
		refuse(t, b.Node, b.who, "NOT_ALLOWED toolInvocationId", "approveToolCall", invoked, answer(a, false))
		for _, want := range []string{"ToolInvocationStarted", "ToolInvocationLogged", "ToolInvocationEnded"} {
			is(t, s.next(t), "toolInvocationEvents.__typename", want)
		}

		no := ask()
		must(t, b.Node, b.who, "approveToolCall", invoked, answer(no, false))
		last, _ := b.follow(t, b.who, no.Text("invokeTool.invocation.id"))
		is(t, last, end+"state", "DENIED")
		is(t, last, end+"output", nil)

		late := ask()
		f := subscribe(t, b.Node, b.who, toolSteps, apptest.Vars{"id": late.Text("invokeTool.invocation.id")})
		is(t, f.next(t), "toolInvocationEvents.__typename", "ToolInvocationAwaiting")
		now.Advance(24 * time.Hour)
		defer pulse(now)()
		b.who = signIn(t, b.Node, b.who)
		if got := outcome(run(t, b.Node, b.who, "approveToolCall", invoked, answer(late, true)), "approveToolCall"); got != "EXPIRED toolInvocationId" {
			t.Errorf("a late yes: %s", got)
		}
		last, _ = b.follow(t, b.who, late.Text("invokeTool.invocation.id"))
		is(t, last, end+"state", "EXPIRED")

		stopped := ask()
		must(t, b.Node, b.who, "stopToolInvocation", invoked, apptest.Vars{"toolInvocationId": stopped.Text("invokeTool.invocation.id")})
		last, _ = b.follow(t, b.who, stopped.Text("invokeTool.invocation.id"))
		is(t, last, end+"state", "STOPPED")
		refuse(t, b.Node, b.who, "NOT_ALLOWED toolInvocationId", "approveToolCall", invoked, answer(stopped, true))
	})
}

// pulse moves a clock on until stop is called.
func pulse(c *clock.Manual) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var moving sync.WaitGroup
	moving.Go(func() {
		for ctx.Err() == nil {
			c.Advance(250 * time.Millisecond) // as fast as the machine's, for leases to hold on one that is busy
			select {
			case <-ctx.Done():
			case <-time.After(250 * time.Millisecond):
			}
		}
	})
	return func() { cancel(); moving.Wait() }
}

func TestARunIsStopped(t *testing.T) {
	t.Parallel()
	benches(t, apptest.Options{}, func(t *testing.T, b bench) {
		b.register(t, apptest.Vars{"source": `function run() { console.log("here"); const until = Date.now() + 30000; for (;;) karnak; }`, "timeout": "PT30S"})
		a := must(t, b.Node, b.who, "invokeTool", invoked, apptest.Vars{"workspaceId": b.ws, "tool": "double", "arguments": apptest.Vars{"n": 1}})
		id := a.Text("invokeTool.invocation.id")
		s := subscribe(t, b.Node, b.who, toolSteps, apptest.Vars{"id": id})
		for s.next(t).Text("toolInvocationEvents.__typename") != "ToolInvocationLogged" {
		}
		refuse(t, b.Node, b.owner, "NOT_FOUND", "stopToolInvocation", invoked, apptest.Vars{"toolInvocationId": id})
		began := time.Now()
		must(t, b.Node, signIn(t, b.Node, b.who), "stopToolInvocation", invoked, apptest.Vars{"toolInvocationId": id})
		is(t, s.next(t), end+"state", "STOPPED")
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("it took %s", took)
		}
		must(t, b.Node, b.who, "stopToolInvocation", invoked, apptest.Vars{"toolInvocationId": id})
	})
}
