package world

import (
	"fmt"
	"strings"
	"testing"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/app/apptest"
	"karnak/internal/core/llm"
)

// script is what the twin of language models plays in every world, by the beginning of what it is asked. It says the text again,
// which has the mark.
func script(c *llmtwin.Call) llmtwin.Script {
	again := llmtwin.Step{Text: "You said: " + c.Asked()}
	if r := c.Turns[len(c.Turns)-1].Results; len(r) > 0 {
		return llmtwin.Script{Steps: []llmtwin.Step{{Text: "I was told: " + r[0].Text}}}
	}
	switch {
	case strings.HasPrefix(c.Asked(), "call"):
		return llmtwin.Script{Steps: llmtwin.Pieces(0, llm.Call{ID: "call", Name: "double", Arguments: calls(c.Asked())}, 12)}
	case strings.HasPrefix(c.Asked(), "refuse"):
		return llmtwin.Script{Status: 401}
	case strings.HasPrefix(c.Asked(), "hang"):
		return llmtwin.Script{Steps: []llmtwin.Step{again, {Silence: true}}}
	case strings.HasPrefix(c.Asked(), "break") && c.Kept == "":
		return llmtwin.Script{Steps: []llmtwin.Step{{Reasoning: "So it was said: " + c.Asked()}, again, {Raw: "data: {\n\n"}}}
	}
	return llmtwin.Script{Steps: []llmtwin.Step{again}}
}

// settleTalks gives everybody of the workspace a conversation, with answers that came to every end there is.
func (w *World) settleTalks(t *testing.T, ws string) {
	w.Run(t, w.Owner, "setModelBudget", "budget { month }", apptest.Vars{"workspaceId": ws, "monthlyLimit": "1000"})
	for _, p := range []Person{w.Owner, w.People[User], w.People[Pro], w.People[Moderator], w.People[Admin], w.People[Expired]} {
		w.settleTalk(t, ws, p)
	}
}

func (w *World) settleTalk(t *testing.T, ws string, p Person) {
	c := w.Talk(t, ws, p)
	note := func(name, id string) {
		if p.ID != w.Owner.ID {
			name += "@" + p.Name
		}
		if w.IDs[name] == "" { // what comes first is kept
			w.IDs[name] = id
		}
	}
	a := w.Must(t, p.Token, `query($c: ID!) { node(id: $c) { ... on Conversation { channel { id } } } }`, apptest.Vars{"c": c})
	note("conversation", c)
	note("talk", a.Text("node.channel.id"))
	generation, prompt := w.Begin(t, p, c, "break "+w.Mark)
	w.sweep(t)
	note("generation", generation)
	if p.ID == w.Owner.ID {
		w.IDs["elses"], w.IDs["elsesGeneration"] = c, generation
	}
	note("prompt", prompt)
	note("answer", w.answer(t, p, generation))
	w.steps(t, p, generation, note)
	hung, _ := w.Begin(t, p, c, "hang "+w.Mark)
	done := make(chan struct{})
	go func() { defer close(done); w.sweep(t) }()
	for w.textOf(t, p, hung) == "" {
		continue
	}
	w.Run(t, p, "stopGeneration", "generation { id }", apptest.Vars{"generationId": hung})
	<-done
	note("stopped", hung)
	w.steps(t, p, hung, note)
	refused, _ := w.Begin(t, p, c, "refuse "+w.Mark)
	w.sweep(t)
	note("failed", refused)
	w.steps(t, p, refused, note)
}

// Talk begins a conversation and returns its id.
func (w *World) Talk(t testing.TB, ws string, p Person) string {
	t.Helper()
	return w.Run(t, p, "createConversation", "conversation { id }", apptest.Vars{"workspaceId": ws, "title": "A talk " + w.Mark, "instructions": "Be brief " + w.Mark}).
		Text("createConversation.conversation.id")
}

// Begin says something in a conversation, and returns the ids of the generation of the answer and of the message.
func (w *World) Begin(t testing.TB, p Person, conversationID, body string) (generationID, messageID string) {
	t.Helper()
	a := w.Run(t, p, "startGeneration", "generation { id } message { id }", apptest.Vars{"conversationId": conversationID, "body": body})
	return a.Text("startGeneration.generation.id"), a.Text("startGeneration.message.id")
}

// sweep makes the answers that wait.
func (w *World) sweep(t testing.TB) {
	if err := w.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
}

func (w *World) textOf(t testing.TB, p Person, generationID string) string {
	t.Helper()
	return w.Must(t, p.Token, `query($g: ID!) { node(id: $g) { ... on Generation { text } } }`, apptest.Vars{"g": generationID}).Text("node.text")
}

func (w *World) answer(t testing.TB, p Person, generationID string) string {
	t.Helper()
	return w.Must(t, p.Token, `query($g: ID!) { node(id: $g) { ... on Generation { message { id } } } }`, apptest.Vars{"g": generationID}).Text("node.message.id")
}

// steps notes the position before each kind of step of a generation.
func (w *World) steps(t testing.TB, p Person, generationID string, note func(name, cursor string)) {
	t.Helper()
	w.positions(t, p, `subscription($o: ID!) { generationEvents(generationId: $o) { __typename cursor } }`, "generationEvents", generationID, note)
}

// positions notes the position before each kind of step of what a subscription follows to its end.
func (w *World) positions(t testing.TB, p Person, query, field, objectID string, note func(name, cursor string)) {
	t.Helper()
	s := Dial(t, w.Node, p.Token)
	defer func() { _ = s.Conn.CloseNow() }()
	s.Subscribe(t, "steps", query, apptest.Vars{"o": objectID})
	before := ""
	for {
		m, err := s.Read(Patience)
		if err != nil {
			t.Fatal(err)
		}
		if m.Type == "complete" {
			return
		}
		a, err := m.Answer()
		if err != nil || len(a.Errors) > 0 {
			t.Fatalf("%v %s", err, m.Payload)
		}
		if kind := a.Text(field + ".__typename"); before != "" {
			note("before"+kind, before)
		}
		before = a.Text(field + ".cursor")
	}
}

// Of returns the id of a name: that of somebody's own where they have one.
func (w *World) Of(p Person, name string) (id string, ok bool) {
	if id, ok = w.IDs[name+"@"+p.Name]; !ok {
		id, ok = w.IDs[name]
	}
	return id, ok
}

// talkProviders give the mutations of conversations something of the principal's own, where they belong to the workspace, and
// @else something of the owner's.
func talkProviders() map[string]Provider {
	talking := func(p Person, w *World, t *testing.T) (Person, string) {
		if p.Token == "" || !w.Belongs(t, p) {
			p = w.Owner
		}
		return p, w.Talk(t, w.IDs["workspace"], p)
	}
	own := func(of func(t *testing.T, w *World, p Person, conversationID string) apptest.Vars) Provider {
		return func(t *testing.T, w *World, p Person) Attempt {
			who, c := talking(p, w, t)
			return given(of(t, w, who, c))
		}
	}
	others := func(of func(t *testing.T, w *World, p Person, conversationID string) apptest.Vars) Provider {
		return func(t *testing.T, w *World, _ Person) Attempt {
			return given(of(t, w, w.Owner, w.Talk(t, w.IDs["workspace"], w.Owner)))
		}
	}
	said := func(more apptest.Vars) func(t *testing.T, w *World, p Person, c string) apptest.Vars {
		return func(t *testing.T, w *World, p Person, c string) apptest.Vars {
			_, message := w.Begin(t, p, c, "hello")
			input := apptest.Vars{"messageId": message}
			for k, v := range more {
				input[k] = v
			}
			return input
		}
	}
	start := func(_ *testing.T, _ *World, _ Person, c string) apptest.Vars {
		return apptest.Vars{"conversationId": c, "body": "hello"}
	}
	update := func(_ *testing.T, _ *World, _ Person, c string) apptest.Vars {
		return apptest.Vars{"conversationId": c, "title": "another"}
	}
	stop := func(t *testing.T, w *World, p Person, c string) apptest.Vars {
		generation, _ := w.Begin(t, p, c, "hello")
		return apptest.Vars{"generationId": generation}
	}
	return map[string]Provider{
		"createConversation": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "title": "new"})
		},
		"setModelBudget": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "monthlyLimit": fmt.Sprint(1000 + w.Number())})
		},
		"updateConversation": own(update), "updateConversation@else": others(update),
		"startGeneration": own(start), "startGeneration@else": others(start),
		"regenerate": own(said(nil)), "regenerate@else": others(said(nil)),
		"editAndRegenerate": own(said(apptest.Vars{"body": "in other words"})), "editAndRegenerate@else": others(said(apptest.Vars{"body": "in other words"})),
		"stopGeneration": own(stop), "stopGeneration@else": others(stop),
		"forkConversation": own(said(nil)), "forkConversation@else": others(said(nil)),
	}
}

// talkRoutes are the ways to what conversations are made of.
func talkRoutes() map[string]Route {
	step := func(kind, generation string) Route {
		return Route{
			Open: "subscription { generationEvents(generationId: $" + generation + ", after: $before" + kind + ") { ... on " + kind + " { %s } } }",
			Path: "generationEvents",
		}
	}
	failed := step("GenerationFailed", "failed")
	first := "subscription { generationEvents(generationId: $generation) { ... on "
	return map[string]Route{
		"LanguageModel": within("languageModels { %s }", "languageModels"),
		"ModelBudget":   within("modelBudget { %s }", "modelBudget"),
		"Money":         within("languageModels { inputPrice { %s } }", "languageModels.inputPrice"),
		"Conversation":  node("$conversation", "Conversation"), "Conversation@else": node("$elses", "Conversation"),
		"ConversationConnection": within("conversations(first: 5) { %s }", "conversations"),
		"ConversationEdge":       within("conversations(first: 5) { edges { %s } }", "conversations.edges"),
		"Generation":             node("$generation", "Generation"), "Generation@else": node("$elsesGeneration", "Generation"),
		"Generation@failed":    node("$failed", "Generation"),
		"GenerationConnection": {Open: "query { node(id: $conversation) { ... on Conversation { generations(first: 5) { %s } } } }", Path: "node.generations"},
		"GenerationEdge":       {Open: "query { node(id: $conversation) { ... on Conversation { generations(first: 5) { edges { %s } } } } }", Path: "node.generations.edges"},
		"TokenUsage":           {Open: "query { node(id: $generation) { ... on Generation { usage { %s } } } }", Path: "node.usage"},
		"GenerationError":      {Open: "query { node(id: $failed) { ... on Generation { error { %s } } } }", Path: "node.error"},
		"Message@answer":       node("$answer", "Message"),
		"Channel@talk":         node("$talk", "Channel"),

		"GenerationEvent":    {Open: first + "GenerationEvent { %s } } }", Path: "generationEvents"},
		"GenerationStarted":  {Open: first + "GenerationStarted { %s } } }", Path: "generationEvents"},
		"TextDelta":          step("TextDelta", "generation"),
		"ReasoningDelta":     step("ReasoningDelta", "generation"),
		"GenerationRetrying": step("GenerationRetrying", "generation"),
		"UsageUpdated":       step("UsageUpdated", "generation"),
		"GenerationFinished": step("GenerationFinished", "generation"),
		"GenerationStopped":  step("GenerationStopped", "stopped"),
		"GenerationFailed":   failed,
		"GenerationChanged":  happened(`"assistant.*"`, "GenerationChanged"),
	}
}
