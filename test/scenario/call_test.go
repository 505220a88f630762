package scenario_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/enttest"
	"karnak/ent/enum"
	"karnak/internal/adapter/llmtwin"
	"karnak/internal/app/apptest"
	"karnak/internal/core/llm"
)

// tooled is a conversation with tools.
func (k talk) tooled(t *testing.T, tools ...string) talk {
	t.Helper()
	must(t, k.Node, k.who, "updateConversation", "conversation { tools }", apptest.Vars{"conversationId": k.id, "tools": tools})
	return k
}

const callSteps = `subscription($g: ID!, $after: Cursor) { generationEvents(generationId: $g, after: $after) { __typename seq cursor
	... on TextDelta { text } ... on ToolCallStarted { call tool } ... on ToolCallArguments { call text }
	... on ToolCallMade { call invocation { id tool state asking argumentsHash arguments } } ... on ToolCallResult { call invocation { state output error { code message } } }
	... on GenerationFinished { reason message { body } } ... on GenerationFailed { error { code message } } ... on GenerationStopped { message { body } } } }`

// called is what a subscription showed of an answer whose model called tools.
type called struct {
	seen
	// made and results are the events of calls, arguments those by the name of the call.
	made, results []apptest.Answer
	arguments     map[string]string
	tools         []string
}

func (x *called) take(t *testing.T, a apptest.Answer) {
	t.Helper()
	const e = "generationEvents."
	x.seen.take(t, a)
	switch a.Text(e + "__typename") {
	case "ToolCallStarted":
		x.tools = append(x.tools, a.Text(e+"tool"))
	case "ToolCallArguments":
		if x.arguments == nil {
			x.arguments = map[string]string{}
		}
		x.arguments[a.Text(e+"call")] += a.Text(e + "text")
	case "ToolCallMade":
		x.made = append(x.made, a)
	case "ToolCallResult":
		x.results = append(x.results, a)
	}
}

// see follows an answer until it ends, or a step is as somebody wants.
func (k talk) see(t *testing.T, generationID string, until func(*called) bool) (x called) {
	t.Helper()
	s := subscribe(t, k.Node, k.who, callSteps, apptest.Vars{"g": generationID})
	for x.end == "" && (until == nil || !until(&x)) {
		x.take(t, s.next(t))
	}
	return x
}

func asks(calls ...llm.Call) (out []llmtwin.Step) {
	for i, c := range calls {
		out = append(out, llmtwin.Pieces(i, c, 12)...)
	}
	return out
}

// results of the last turn that the twin was told.
func lastResults(c *llmtwin.Call) []llm.Result { return c.Turns[len(c.Turns)-1].Results }

func TestAModelCallsTools(t *testing.T) {
	t.Parallel()
	script := func(c *llmtwin.Call) llmtwin.Script {
		switch c.N {
		case 1:
			return llmtwin.Script{Steps: append(said("Let me see."), asks(
				llm.Call{ID: "a", Name: "karnak_calculate", Arguments: `{"expression":"6 * 7"}`}, llm.Call{ID: "b", Name: "karnak_calculate", Arguments: `{"expression":"1 / 3"}`})...)}
		case 2:
			return llmtwin.Script{Steps: asks(llm.Call{ID: "c", Name: "double", Arguments: `{"n":21}`}, llm.Call{ID: "d", Name: "fly", Arguments: `{}`},
				llm.Call{ID: "g", Name: "karnak_calculate", Arguments: `{"expression":"1","\u0000\u202e":1}`}, llm.Call{ID: "e", Name: "double", Arguments: `{"n":"much"}`}, llm.Call{ID: "f", Name: "double", Arguments: `n = 1`})}
		default:
			return llmtwin.Script{Steps: said("It is ", lastResults(c)[0].Text, ".")}
		}
	}
	talks(t, script, func(t *testing.T, k talk) {
		bench{k.Node, k.who, k.who, k.ws}.register(t, nil)
		k.tooled(t, "karnak_calculate", "double")
		g, _ := k.say(t, "What is six times seven?")
		x := k.see(t, g, nil)
		if want := "Let me see.\n\nIt is {\"twice\":42}."; x.text != want || x.end != "GenerationFinished" {
			t.Fatalf("%q %s: %s", x.text, x.end, x.last.Body)
		}
		if got := fmt.Sprint(x.tools, x.arguments["a"], x.arguments["f"]); got != `[karnak_calculate karnak_calculate double fly karnak_calculate double double]{"expression":"6 * 7"}n = 1` {
			t.Errorf("called %s", got)
		}
		if len(x.made) != 7 || len(x.results) != 7 {
			t.Fatalf("%d made, %d results", len(x.made), len(x.results))
		}
		told := map[string]string{}
		for _, r := range x.results {
			told[r.Text("generationEvents.call")] = r.Text("generationEvents.invocation.state") + " " + r.Text("generationEvents.invocation.error.code")
		}
		if got := fmt.Sprint(told); got != "map[a:SUCCEEDED  b:SUCCEEDED  c:SUCCEEDED  d:FAILED TOOL_UNKNOWN e:FAILED INVALID_ARGUMENTS f:FAILED INVALID_ARGUMENTS g:FAILED INVALID_ARGUMENTS]" {
			t.Errorf("told %s", got)
		}
		c := k.twin.Calls()
		if len(c) != 3 || len(c[0].Tools) != 2 || c[0].Tools[1].Name != "double" || c[0].Tools[1].Description != "Doubles a number." || !strings.Contains(string(c[0].Tools[1].Input), `"required":["n"]`) {
			t.Fatalf("the twin was asked %+v", c)
		}
		if r := lastResults(&c[1]); len(r) != 2 || r[0].Text != `{"value":"42","exact":true}` && r[0].Text != `{"exact":true,"value":"42"}` || r[0].Failed || r[0].CallID != "a" || r[1].CallID != "b" {
			t.Errorf("the twin was told %+v", r)
		}
		if r := lastResults(&c[2]); len(r) != 5 || r[1].Text != `TOOL_UNKNOWN: There is no tool "fly" that may be called here.` || !r[1].Failed || !r[2].Failed || !strings.Contains(r[3].Text, "/n: has to be number, not string.") || c[2].Turns[3].Calls[4].Arguments != "n = 1" {
			t.Errorf("the twin was told %+v", c[2].Turns)
		}
		// The reload shows the same, in one go.
		a := k.Must(t, k.who.Token, `query($g: ID!) { node(id: $g) { ... on Generation { text attempts usage { inputTokens outputTokens estimated } toolCalls { tool number state arguments attempts startedBy { displayName } generation { id } } message { body } } } }`, apptest.Vars{"g": g})
		is(t, a, "node.text", x.text)
		is(t, a, "node.message.body", x.text)
		is(t, a, "node.usage.estimated", false)
		billed := k.twin.Billed()
		is(t, a, "node.usage.inputTokens", billed.Input)
		is(t, a, "node.usage.outputTokens", billed.Output)
		if got := fmt.Sprint(column(a, "node.toolCalls", "tool")); got != "[karnak_calculate karnak_calculate double fly karnak_calculate double double]" {
			t.Errorf("calls: %s", got)
		}
		is(t, a, "node.toolCalls.0.arguments.expression", "6 * 7")
		is(t, a, "node.toolCalls.6.arguments", "n = 1")
		again := k.see(t, g, nil)
		if again.text != x.text || fmt.Sprint(again.kinds) != fmt.Sprint(x.kinds) || len(k.twin.Calls()) != 3 {
			t.Errorf("seen again: %v, first %v", again.kinds, x.kinds)
		}
	})
}

// TestACallWaitsForAYes asks from one device, answers from another, and once more after the node was replaced.
func TestACallWaitsForAYes(t *testing.T) {
	t.Parallel()
	script := func(c *llmtwin.Call) llmtwin.Script {
		if r := lastResults(c); len(r) > 0 {
			return llmtwin.Script{Steps: said(r[0].Text)}
		}
		return llmtwin.Script{Steps: asks(llm.Call{ID: "a", Name: "double", Arguments: `{"n":4}`})}
	}
	for _, engine := range enttest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			twin, models := apptest.Twin(t, llmtwin.Config{Script: script})
			args := []string{"--data-dir=" + t.TempDir(), "--addr=127.0.0.1:0"}
			if engine == dialect.Postgres {
				args = append(args, "--database-url="+enttest.Postgres(t), "--postgres-pool=6")
			}
			n := apptest.Open(t, engine, args, apptest.Options{Models: models})
			k := newTalk(t, n, twin)
			bench{n, k.who, k.who, k.ws}.register(t, apptest.Vars{"replay": "EFFECT"})
			k.tooled(t, "double")
			waits := func(x *called) bool { return len(x.made) == 1 }
			ask := func() (g string, in apptest.Vars) {
				t.Helper()
				g, _ = k.say(t, "Double it")
				x := k.see(t, g, waits)
				const i = "generationEvents.invocation."
				is(t, x.last, i+"state", "AWAITING_APPROVAL")
				is(t, x.last, i+"asking", "POLICY")
				return g, apptest.Vars{"toolInvocationId": x.last.Text(i + "id"), "argumentsHash": x.last.Text(i + "argumentsHash"), "approve": true}
			}
			first, in := ask()
			must(t, n, signIn(t, n, k.who), "approveToolCall", invoked, in)
			if x := k.see(t, first, nil); x.text != `{"twice":8}` || x.end != "GenerationFinished" {
				t.Errorf("after a yes: %q %s", x.text, x.last.Body)
			}
			second, in := ask()
			in["approve"], in["note"] = false, "not today"
			must(t, n, k.who, "approveToolCall", invoked, in)
			if x := k.see(t, second, nil); x.text != "The user said no to this call. They wrote: not today" {
				t.Errorf("after a no: %q", x.text)
			}
			third, _ := ask()
			stop := time.Now()
			must(t, n, k.who, "stopGeneration", "generation { state }", apptest.Vars{"generationId": third})
			if x := k.see(t, third, nil); x.end != "GenerationStopped" {
				t.Errorf("after a stop: %s", x.end)
			}
			if took := time.Since(stop); took > 6*time.Second {
				t.Errorf("the stop took %s", took)
			}
			a := n.Must(t, k.who.Token, `query($g: ID!) { node(id: $g) { ... on Generation { toolCalls { state } } } }`, apptest.Vars{"g": third})
			if got := a.Text("node.toolCalls.0.state"); got != "STOPPED" && got != "AWAITING_APPROVAL" {
				t.Errorf("the call of a stopped answer is %s", got)
			}
			fourth, in := ask()
			n.Stop(t)
			k.Node = apptest.Open(t, engine, args, apptest.Options{Models: models})
			must(t, k.Node, k.who, "approveToolCall", invoked, in)
			if x := k.see(t, fourth, nil); x.text != `{"twice":8}` || x.end != "GenerationFinished" {
				t.Errorf("after another start: %q %s", x.text, x.last.Body)
			}
		})
	}
}

func TestLoopsOfCallsEnd(t *testing.T) {
	t.Parallel()
	script := func(c *llmtwin.Call) llmtwin.Script {
		return llmtwin.Script{Steps: append(said(fmt.Sprint(c.N, " ")), asks(llm.Call{ID: fmt.Sprint("c", c.N), Name: "karnak_calculate", Arguments: `{"expression":"1+1"}`})...)}
	}
	talks(t, script, func(t *testing.T, k talk) {
		k.tooled(t, "karnak_calculate")
		g, _ := k.say(t, "Go on for ever")
		x := k.see(t, g, nil)
		is(t, x.last, "generationEvents.reason", "TOOL_STEPS")
		if len(k.twin.Calls()) != 10 || len(x.results) != 10 || !strings.HasPrefix(x.text, "1 \n\n2 ") {
			t.Errorf("%d calls, %d results: %q", len(k.twin.Calls()), len(x.results), x.text)
		}
		a := must(t, k.Node, k.who, "startGeneration", "generation { id }", apptest.Vars{"conversationId": k.id, "body": "again", "maxTokens": 30})
		x = k.see(t, a.Text("startGeneration.generation.id"), nil)
		is(t, x.last, "generationEvents.reason", "LENGTH")
	})
}

func TestToolsOfAConversation(t *testing.T) {
	t.Parallel()
	talks(t, nil, func(t *testing.T, k talk) {
		update := func(tools ...string) string {
			t.Helper()
			return outcome(run(t, k.Node, k.who, "updateConversation", "conversation { tools }", apptest.Vars{"conversationId": k.id, "tools": tools}), "updateConversation")
		}
		for name, c := range map[string]struct {
			tools []string
			want  string
		}{
			"unknown": {[]string{"fly"}, "NOT_FOUND tools"},
			"twice":   {[]string{"karnak_calculate", "karnak_calculate"}, "INVALID tools"},
			"many":    {make([]string, 21), "TOO_LONG tools"},
			"known":   {[]string{"karnak_calculate"}, ""},
			"none":    {[]string{}, ""},
		} {
			if got := update(c.tools...); got != c.want {
				t.Errorf("%s: %q", name, got)
			}
		}
		if got := update("karnak_calculate"); got != "" {
			t.Fatal(got)
		}
		// The stand-in has tools called where somebody says so, and tells what came of it.
		g, _ := k.say(t, "Please\nuse karnak_calculate {\"expression\":\"2 + 3\"}\nuse nothing {}")
		x := k.see(t, g, nil)
		if len(x.made) != 1 || !strings.Contains(x.text, `The tool karnak_calculate answered: “{"exact":true,"value":"5"}”.`) {
			t.Errorf("%q %v", x.text, x.kinds)
		}
		// Without the right to run tools there are none, for a conversation that has them, too.
		b := bench{k.Node, k.who, k.SignUp(t, "Ulf"), k.ws}
		b.Join(t, k.who, b.who, k.ws, "user")
		own := must(t, k.Node, b.who, "createConversation", "conversation { id tools }", apptest.Vars{"workspaceId": k.ws, "tools": []string{"karnak_calculate"}}).Text("createConversation.conversation.id")
		must(t, k.Node, k.who, "createRole", "role { name }", apptest.Vars{"workspaceId": k.ws, "name": "handless", "parents": []string{"user"}, "deny": []string{"tool:*"}})
		must(t, k.Node, k.who, "assignRole", "member { role }", apptest.Vars{"workspaceId": k.ws, "userId": b.who.ID, "role": "handless"})
		refuse(t, k.Node, b.who, "!FORBIDDEN", "createConversation", "conversation { id }", apptest.Vars{"workspaceId": k.ws, "tools": []string{"karnak_calculate"}})
		other := k
		other.who, other.id = b.who, own
		g, _ = other.say(t, "use karnak_calculate {\"expression\":\"2 + 3\"}")
		if x := other.see(t, g, nil); len(x.made) != 0 || x.end != "GenerationFinished" {
			t.Errorf("%v", x.kinds)
		}
	})
}

// TestRunsThatBreakOff ends the node that runs tools: what changes nothing is run again elsewhere, and for an effect somebody is asked.
func TestRunsThatBreakOff(t *testing.T) {
	t.Parallel()
	args := []string{"--data-dir=" + t.TempDir(), "--addr=127.0.0.1:0", "--database-url=" + enttest.Postgres(t), "--postgres-pool=6"}
	first, second := apptest.Open(t, dialect.Postgres, args, apptest.Options{}), apptest.Open(t, dialect.Postgres, args, apptest.Options{})
	b := newBench(t, first)
	program := `function run() { console.log("here"); for (;;) if (Date.now() > 4e12) return 1 }`
	b.register(t, apptest.Vars{"name": "reads", "source": program, "timeout": "PT1M"})
	b.register(t, apptest.Vars{"name": "writes", "source": program, "timeout": "PT1M", "replay": "EFFECT"})
	ids := map[string]string{}
	for _, name := range []string{"reads", "writes"} {
		ids[name] = must(t, first, b.who, "invokeTool", invoked, apptest.Vars{"workspaceId": b.ws, "tool": name, "arguments": apptest.Vars{"n": 1}}).Text("invokeTool.invocation.id")
		s := subscribe(t, first, b.who, toolSteps, apptest.Vars{"id": ids[name]})
		for s.next(t).Text("toolInvocationEvents.__typename") != "ToolInvocationLogged" {
			continue
		}
	}
	if err := first.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.Node = second
	until := func(id, kind string) apptest.Answer {
		t.Helper()
		s := subscribe(t, second, b.who, toolSteps, apptest.Vars{"id": id})
		for n := 0; ; n++ {
			if a := s.next(t); a.Text("toolInvocationEvents.__typename") == kind && (kind != "ToolInvocationStarted" || n > 0) {
				return a
			}
		}
	}
	is(t, until(ids["reads"], "ToolInvocationStarted"), "toolInvocationEvents.attempt", 2)
	is(t, until(ids["writes"], "ToolInvocationAwaiting"), "toolInvocationEvents.asking", "REPLAY")
	a := second.Must(t, b.who.Token, `query($i: ID!) { node(id: $i) { ... on ToolInvocation { state attempts argumentsHash } } }`, apptest.Vars{"i": ids["writes"]})
	is(t, a, "node.state", "AWAITING_APPROVAL")
	is(t, a, "node.attempts", 1)
	must(t, second, b.who, "approveToolCall", invoked, apptest.Vars{"toolInvocationId": ids["writes"], "argumentsHash": a.Text("node.argumentsHash"), "approve": true})
	is(t, until(ids["writes"], "ToolInvocationStarted"), "toolInvocationEvents.attempt", 2)
	for _, id := range ids {
		must(t, second, b.who, "stopToolInvocation", invoked, apptest.Vars{"toolInvocationId": id})
		is(t, until(id, "ToolInvocationEnded"), end+"state", "STOPPED")
	}
}

// TestModelsOfATier offers a model that the workspace has too low a tier for: it neither answers nor goes on for another.
func TestModelsOfATier(t *testing.T) {
	t.Parallel()
	for _, e := range enttest.Engines {
		t.Run(e, func(t *testing.T) {
			t.Parallel()
			twin, models := apptest.Twin(t, llmtwin.Config{Script: func(c *llmtwin.Call) llmtwin.Script {
				if c.Model == llmtwin.Model {
					return llmtwin.Script{Status: 401}
				}
				return llmtwin.Script{Steps: said("hello")}
			}})
			const high = llmtwin.Name + "/unpriced"
			if err := errors.Join(models.Reserve(map[string]enum.Tier{high: enum.SME}), models.FallBack([]string{llmtwin.Name + "/" + llmtwin.Model, high})); err != nil {
				t.Fatal(err)
			}
			k := newTalk(t, apptest.Start(t, e, apptest.Options{Models: models}), twin)
			shown := func() string {
				t.Helper()
				a := k.Must(t, k.who.Token, `query($w: ID!) { workspace(id: $w) { languageModels { name tier available } } }`, apptest.Vars{"w": k.ws})
				return fmt.Sprint(a.Get("workspace.languageModels.1.tier"), a.Get("workspace.languageModels.1.available"), a.Get("workspace.languageModels.0.tier"), a.Get("workspace.languageModels.0.available"))
			}
			if got := shown(); got != "SMEfalse <nil> true" {
				t.Errorf("shown: %s", got)
			}
			in := apptest.Vars{"conversationId": k.id, "body": "hello", "model": high}
			refuse(t, k.Node, k.who, "TIER_REQUIRED model", "startGeneration", "generation { id }", in)
			refuse(t, k.Node, k.who, "TIER_REQUIRED model", "updateConversation", "conversation { id }", apptest.Vars{"conversationId": k.id, "model": high})
			g, _ := k.say(t, "hello")
			if x := k.see(t, g, nil); x.end != "GenerationFailed" || len(twin.Calls()) != 1 {
				t.Errorf("%s after %d calls", x.end, len(twin.Calls()))
			}
			k.Write(t, func(tx *ent.Tx) error {
				return tx.Workspace.UpdateOneID(k.ws).SetTier(enum.Enterprise).Exec(authz.System(t.Context(), "test"))
			})
			if got := shown(); got != "SMEtrue <nil> true" {
				t.Errorf("shown with the tier: %s", got)
			}
			g, _ = k.say(t, "hello")
			if x := k.see(t, g, nil); x.end != "GenerationFinished" || x.text != "hello" {
				t.Errorf("with the tier: %s %q", x.end, x.text)
			}
		})
	}
}
