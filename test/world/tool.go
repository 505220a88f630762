package world

import (
	"fmt"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
)

// doubling is a version of a tool of the owner's, with the mark wherever people write. Its program says the mark again, and fails
// below zero.
func (w *World) doubling(ws, name, number string) apptest.Vars {
	return apptest.Vars{
		"workspaceId": ws, "name": name, "number": number, "description": "Doubles " + w.Mark, "replay": "READ_ONLY", "permissions": []string{"chat:read"},
		"uses": []string{"karnak_fetch_url"}, "hosts": []string{"*.example.com"},
		"source":       `function run(i) { console.log("` + w.Mark + `"); if (i.n < 0) throw new Error("` + w.Mark + `"); return {twice: i.n * 2, mark: "` + w.Mark + `"} }`,
		"inputSchema":  apptest.Vars{"type": "object", "title": w.Mark, "properties": apptest.Vars{"n": apptest.Vars{"type": "number"}, "mark": apptest.Vars{"type": "string"}}},
		"outputSchema": apptest.Vars{"type": "object", "title": w.Mark},
	}
}

// Propose proposes a version of a tool in the owner's name.
func (w *World) Propose(t testing.TB, ws, name, number string, approval string) (versionID, hash string) {
	t.Helper()
	in := w.doubling(ws, name, number)
	in["approval"] = approval
	a := w.Run(t, w.Owner, "registerToolVersion", "toolVersion { id hash }", in)
	return a.Text("registerToolVersion.toolVersion.id"), a.Text("registerToolVersion.toolVersion.hash")
}

// Approve proposes a version, and approves it.
func (w *World) Approve(t testing.TB, ws, name, number, approval string) (versionID, toolID string) {
	t.Helper()
	id, hash := w.Propose(t, ws, name, number, approval)
	a := w.Run(t, w.Owner, "approveToolChange", "toolVersion { tool { id } }", apptest.Vars{"toolVersionId": id, "hash": hash, "approve": true, "note": "good " + w.Mark})
	return id, a.Text("approveToolChange.toolVersion.tool.id")
}

// Invoke has a tool run in somebody's name.
func (w *World) Invoke(t testing.TB, p Person, ws, tool string, n int) (invocationID, argumentsHash string) {
	t.Helper()
	a := w.Run(t, p, "invokeTool", "invocation { id argumentsHash }", apptest.Vars{"workspaceId": ws, "tool": tool, "arguments": apptest.Vars{"n": n, "mark": w.Mark}})
	return a.Text("invokeTool.invocation.id"), a.Text("invokeTool.invocation.argumentsHash")
}

// settleTools gives the workspace tools, and everybody runs of them that came to every end there is.
func (w *World) settleTools(t *testing.T, ws string) {
	w.IDs["toolVersion"], w.IDs["tool"] = w.Approve(t, ws, "double", "1.0.0", "NEVER")
	w.Approve(t, ws, "careful", "1.0.0", "ALWAYS")
	for _, p := range []Person{w.Owner, w.People[User], w.People[Pro], w.People[Moderator], w.People[Admin], w.People[Expired]} {
		w.settleRuns(t, ws, p)
	}
}

func (w *World) settleRuns(t *testing.T, ws string, p Person) {
	note := func(name, id string) {
		if p.ID != w.Owner.ID {
			name += "@" + p.Name
		}
		if w.IDs[name] == "" {
			w.IDs[name] = id
		}
	}
	done, _ := w.Invoke(t, p, ws, "double", 21)
	failed, _ := w.Invoke(t, p, ws, "double", -1)
	asked, hash := w.Invoke(t, p, ws, "careful", 4)
	w.sweep(t)
	w.Run(t, p, "approveToolCall", "invocation { id }", apptest.Vars{"toolInvocationId": asked, "argumentsHash": hash, "approve": true, "note": "well " + w.Mark})
	w.sweep(t)
	note("invocation", done)
	note("failedInvocation", failed)
	note("askedInvocation", asked)
	if p.ID == w.Owner.ID {
		w.IDs["elsesInvocation"] = done
	}
	steps := `subscription($o: ID!) { toolInvocationEvents(toolInvocationId: $o) { __typename cursor } }`
	w.positions(t, p, steps, "toolInvocationEvents", done, note)
	// For an answer, whose model calls what it is told to.
	c, _ := w.Of(p, "conversation")
	w.Run(t, p, "updateConversation", "conversation { id }", apptest.Vars{"conversationId": c, "tools": []string{"double"}})
	generation, _ := w.Begin(t, p, c, "call "+w.Mark)
	w.sweep(t)
	note("calling", generation)
	call := w.Must(t, p.Token, `query($g: ID!) { node(id: $g) { ... on Generation { toolCalls { id } } } }`, apptest.Vars{"g": generation})
	note("call", call.Text("node.toolCalls.0.id"))
	w.steps(t, p, generation, note)
}

// toolProviders give the mutations of tools something of the owner's, or a run of the principal's own where they belong to the
// workspace; @else is a run of the owner's.
func toolProviders() map[string]Provider {
	name := func(w *World) string { return fmt.Sprintf("tool_%d", w.Number()) }
	own := func(tool string, of func(id, hash string) apptest.Vars) Provider {
		return func(t *testing.T, w *World, p Person) Attempt {
			if p.Token == "" || !w.Belongs(t, p) {
				p = w.Owner
			}
			return given(of(w.Invoke(t, p, w.IDs["workspace"], tool, 3)))
		}
	}
	others := func(tool string, of func(id, hash string) apptest.Vars) Provider {
		return func(t *testing.T, w *World, _ Person) Attempt {
			return given(of(w.Invoke(t, w.Owner, w.IDs["workspace"], tool, 3)))
		}
	}
	yes := func(id, hash string) apptest.Vars {
		return apptest.Vars{"toolInvocationId": id, "argumentsHash": hash, "approve": true}
	}
	stop := func(id, _ string) apptest.Vars { return apptest.Vars{"toolInvocationId": id} }
	return map[string]Provider{
		"registerToolVersion": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(w.doubling(w.IDs["workspace"], name(w), "1.0.0"))
		},
		"approveToolChange": func(t *testing.T, w *World, _ Person) Attempt {
			id, hash := w.Propose(t, w.IDs["workspace"], name(w), "1.0.0", "NEVER")
			return given(apptest.Vars{"toolVersionId": id, "hash": hash, "approve": true})
		},
		"deprecateToolVersion": func(t *testing.T, w *World, _ Person) Attempt {
			id, _ := w.Approve(t, w.IDs["workspace"], name(w), "1.0.0", "NEVER")
			return given(apptest.Vars{"toolVersionId": id})
		},
		"rollBackTool": func(t *testing.T, w *World, _ Person) Attempt {
			tool := name(w)
			first, _ := w.Approve(t, w.IDs["workspace"], tool, "1.0.0", "NEVER")
			w.Approve(t, w.IDs["workspace"], tool, "1.1.0", "NEVER")
			return given(apptest.Vars{"toolVersionId": first})
		},
		"invokeTool": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "tool": "double", "arguments": apptest.Vars{"n": 1}})
		},
		"approveToolCall": own("careful", yes), "approveToolCall@else": others("careful", yes),
		"stopToolInvocation": own("double", stop), "stopToolInvocation@else": others("double", stop),
	}
}

// toolRoutes are the ways to what tools are made of.
func toolRoutes() map[string]Route {
	of := func(id, selection, path string) Route {
		return Route{Open: "query { node(id: " + id + ") { ... on " + selection + " } }", Path: "node" + path}
	}
	step := func(kind, id, after string) Route {
		return Route{Open: "subscription { toolInvocationEvents(toolInvocationId: $" + id + after + ") { ... on " + kind + " { %s } } }", Path: "toolInvocationEvents"}
	}
	making := func(kind string) Route {
		return Route{Open: "subscription { generationEvents(generationId: $calling, after: $before" + kind + ") { ... on " + kind + " { %s } } }", Path: "generationEvents"}
	}
	return map[string]Route{
		"Tool": node("$tool", "Tool"), "ToolVersion": node("$toolVersion", "ToolVersion"),
		"ToolConnection": within("tools(first: 5) { %s }", "tools"), "ToolEdge": within("tools(first: 5) { edges { %s } }", "tools.edges"),
		"ToolVersionConnection": of("$tool", "Tool { versions(first: 5) { %s } }", ".versions"),
		"ToolVersionEdge":       of("$tool", "Tool { versions(first: 5) { edges { %s } } }", ".versions.edges"),
		"BuiltInTool":           within("builtInTools { %s }", "builtInTools"),
		"ToolInvocation":        node("$invocation", "ToolInvocation"), "ToolInvocation@else": node("$elsesInvocation", "ToolInvocation"),
		"ToolInvocation@failed": node("$failedInvocation", "ToolInvocation"), "ToolInvocation@asked": node("$askedInvocation", "ToolInvocation"),
		"ToolInvocation@call":      node("$call", "ToolInvocation"),
		"ToolInvocationConnection": within("toolInvocations(first: 5) { %s }", "toolInvocations"),
		"ToolInvocationEdge":       within("toolInvocations(first: 5) { edges { %s } }", "toolInvocations.edges"),
		"ToolError":                of("$failedInvocation", "ToolInvocation { error { %s } }", ".error"),
		"ToolUsage":                of("$invocation", "ToolInvocation { usage { %s } }", ".usage"),
		"Generation@calling":       node("$calling", "Generation"),

		"ToolInvocationEvent":    step("ToolInvocationEvent", "invocation", ""),
		"ToolInvocationStarted":  step("ToolInvocationStarted", "invocation", ""),
		"ToolInvocationAwaiting": step("ToolInvocationAwaiting", "askedInvocation", ""),
		"ToolInvocationLogged":   step("ToolInvocationLogged", "invocation", ", after: $beforeToolInvocationLogged"),
		"ToolInvocationEnded":    step("ToolInvocationEnded", "invocation", ", after: $beforeToolInvocationEnded"),
		"ToolCallStarted":        making("ToolCallStarted"), "ToolCallArguments": making("ToolCallArguments"),
		"ToolCallMade": making("ToolCallMade"), "ToolCallResult": making("ToolCallResult"),
		"ToolInvocationChanged": happened(`"tool.call.*"`, "ToolInvocationChanged"),
	}
}

// calls reports what a model calls that is told to.
func calls(asked string) string {
	return `{"n":4,"mark":"` + strings.TrimPrefix(asked, "call ") + `"}`
}
