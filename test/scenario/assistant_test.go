package scenario_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"karnak/ent/enttest"
	"karnak/internal/adapter/llmtwin"
	"karnak/internal/app/apptest"
	"karnak/internal/core/llm"
	"karnak/internal/platform/id"
)

// talk is somebody's conversation with a twin.
type talk struct {
	*apptest.Node
	t    *testing.T
	who  apptest.Person
	twin *llmtwin.Twin
	ws   string
	id   string
}

// talks runs a test in a conversation on a node of each engine. The twin plays script.
func talks(t *testing.T, script func(*llmtwin.Call) llmtwin.Script, f func(t *testing.T, k talk)) {
	t.Helper()
	for _, e := range enttest.Engines {
		t.Run(e, func(t *testing.T) {
			t.Parallel()
			twin, models := apptest.Twin(t, llmtwin.Config{Script: script})
			n := apptest.Start(t, e, apptest.Options{Models: models})
			f(t, newTalk(t, n, twin))
		})
	}
}

func newTalk(t *testing.T, n *apptest.Node, twin *llmtwin.Twin) talk {
	t.Helper()
	k := talk{Node: n, t: t, who: n.SignUp(t, "Ada"), twin: twin}
	k.ws = n.Workspace(t, k.who, "acme")
	k.id = must(t, n, k.who, "createConversation", "conversation { id }", apptest.Vars{"workspaceId": k.ws}).Text("createConversation.conversation.id")
	return k
}

// say posts a message and returns the ids of the generation and of the message.
func (k talk) say(t *testing.T, body string) (generationID, messageID string) {
	t.Helper()
	a := must(t, k.Node, k.who, "startGeneration", "generation { id state } message { id body }", apptest.Vars{"conversationId": k.id, "body": body})
	is(t, a, "startGeneration.message.body", body)
	return a.Text("startGeneration.generation.id"), a.Text("startGeneration.message.id")
}

const steps = `subscription($g: ID!, $after: Cursor) { generationEvents(generationId: $g, after: $after) { __typename seq cursor
	... on TextDelta { text } ... on ReasoningDelta { text } ... on GenerationRetrying { attempt kept cause provider }
	... on UsageUpdated { usage { inputTokens outputTokens estimated cost { amount currency } } }
	... on GenerationFinished { reason message { id body } } ... on GenerationFailed { error { code message retryable } message { body } }
	... on GenerationStopped { message { id body } } } }`

// seen is what a subscription showed of a generation.
type seen struct {
	text, reasoning, end, cursor string
	kinds                        []string
	last                         apptest.Answer
	seq                          int64
}

// watch follows a generation to its end.
func (k talk) watch(t *testing.T, generationID, after string) (x seen) {
	t.Helper()
	vars := apptest.Vars{"g": generationID}
	if after != "" {
		vars["after"] = after
	}
	s := subscribe(t, k.Node, k.who, steps, vars)
	for x.end == "" {
		x.take(t, s.next(t))
	}
	if f := s.read(t); f.Type != "complete" {
		t.Errorf("%s %s behind the end", f.Type, f.Payload)
	}
	return x
}

func (x *seen) take(t *testing.T, a apptest.Answer) {
	t.Helper()
	const e = "generationEvents."
	var seq int64
	if _, err := fmt.Sscan(a.Text(e+"seq"), &seq); err != nil || seq <= x.seq {
		t.Errorf("step %q comes behind %d", a.Text(e+"seq"), x.seq)
	}
	kind := a.Text(e + "__typename")
	x.seq, x.cursor, x.last = seq, a.Text(e+"cursor"), a
	if n := len(x.kinds); n == 0 || x.kinds[n-1] != kind {
		x.kinds = append(x.kinds, kind)
	}
	switch kind {
	case "TextDelta":
		x.text += a.Text(e + "text")
	case "ReasoningDelta":
		x.reasoning += a.Text(e + "text")
	case "GenerationFinished", "GenerationFailed", "GenerationStopped":
		x.end = kind
	}
}

func said(words ...string) (out []llmtwin.Step) {
	for _, w := range words {
		out = append(out, llmtwin.Step{Text: w})
	}
	return out
}

// poem is what the twin says in most of these tests, word by word.
const poem = "Grüße an die Welt: 世界 🎉, and “all” that is\nin it \\ \"quoted\" <b>bold</b>, from the beginning of the answer to the very end of it."

func slowly(c *llmtwin.Call) llmtwin.Script { return llmtwin.Words(poem, c, 10*time.Millisecond) }

func TestAnAnswerIsStreamed(t *testing.T) {
	t.Parallel()
	script := func(c *llmtwin.Call) llmtwin.Script {
		s := slowly(c)
		s.Steps = append([]llmtwin.Step{{Reasoning: "let me think"}}, s.Steps...)
		return s
	}
	talks(t, script, func(t *testing.T, k talk) {
		channel := k.Must(t, k.who.Token, `query($c: ID!) { node(id: $c) { ... on Conversation { channel { id visibility cursor } } } }`, apptest.Vars{"c": k.id})
		is(t, channel, "node.channel.visibility", "ASSISTANT")
		events := subscribe(t, k.Node, k.who, `subscription($c: ID!, $a: Cursor) { channelEvents(channelId: $c, after: $a) { __typename ... on MessagePosted { message { body author { id } generation { state } } } ... on GenerationChanged { type generation { id state } } } }`,
			apptest.Vars{"c": channel.Text("node.channel.id"), "a": channel.Text("node.channel.cursor")})
		generation, prompt := k.say(t, "Say a poem")

		// Two tabs from the beginning, and one that is closed in the midst and opened again where it was.
		var tabs [3]seen
		var all sync.WaitGroup
		for i := range 2 {
			all.Go(func() { tabs[i] = k.watch(t, generation, "") })
		}
		s := subscribe(t, k.Node, k.who, steps, apptest.Vars{"g": generation})
		for len(tabs[2].text) < len(poem)/2 {
			tabs[2].take(t, s.next(t))
		}
		if err := s.conn.CloseNow(); err != nil {
			t.Error(err)
		}
		half := tabs[2]
		rest := k.watch(t, generation, half.cursor)
		all.Wait()
		for i, x := range []seen{tabs[0], tabs[1], {text: half.text + rest.text, end: rest.end}} {
			if x.text != poem || x.end != "GenerationFinished" {
				t.Errorf("tab %d saw %q, %s", i, x.text, x.end)
			}
		}
		if got := fmt.Sprint(tabs[0].kinds); got != "[GenerationStarted ReasoningDelta TextDelta UsageUpdated GenerationFinished]" || tabs[0].reasoning != "let me think" {
			t.Errorf("the steps are %s, the reasoning %q", got, tabs[0].reasoning)
		}
		is(t, tabs[0].last, "generationEvents.message.body", poem)
		is(t, tabs[0].last, "generationEvents.reason", "STOP")

		calls := k.twin.Calls()
		if len(calls) != 1 || calls[0].Asked() != "Say a poem" || len(calls[0].Turns) != 1 {
			t.Errorf("the twin was asked %+v", calls)
		}
		a := k.Must(t, k.who.Token, `query($g: ID!) { node(id: $g) { ... on Generation { state text reasoning seq provider model attempts error { code } prompt { id } message { body author { displayName } replyTo { id } }
			usage { inputTokens outputTokens cachedTokens estimated cost { amount currency } } startedAt firstAt endedAt conversation { title activeLeaf { body } } startedBy { id } } } }`, apptest.Vars{"g": generation})
		for path, want := range map[string]any{
			"state": "FINISHED", "text": poem, "reasoning": "let me think", "provider": llmtwin.Name, "model": llmtwin.Name + "/" + llmtwin.Model, "attempts": 1, "error": nil,
			"prompt.id": prompt, "message.body": poem, "message.author.displayName": "Assistant", "message.replyTo.id": prompt,
			"usage.inputTokens": calls[0].Billed.Input, "usage.outputTokens": calls[0].Billed.Output, "usage.estimated": false, "usage.cost.currency": "USD",
			"conversation.title": "Say a poem", "conversation.activeLeaf.body": poem, "startedBy.id": k.who.ID,
		} {
			is(t, a, "node."+path, want)
		}
		if u := calls[0].Billed; a.Text("node.usage.cost.amount") != fmt.Sprintf("0.%06d", u.Input+4*u.Output) {
			t.Errorf("%+v cost %s", u, a.Text("node.usage.cost.amount"))
		}
		for _, at := range []string{"startedAt", "firstAt", "endedAt"} {
			if a.Get("node."+at) == nil {
				t.Errorf("%s is null", at)
			}
		}
		// Behind the last step there is nothing, and a client that comes back is told so.
		if s := subscribe(t, k.Node, k.who, steps, apptest.Vars{"g": generation, "after": tabs[0].cursor}); s.read(t).Type != "complete" {
			t.Error("there is more behind the end")
		}
		wantEvents(t, events, generation, prompt)
	})
}

// wantEvents reads what the channel of the conversation tells.
func wantEvents(t *testing.T, events *socket, generation, _ string) {
	t.Helper()
	var got []string
	for range 5 {
		a := events.next(t)
		const e = "channelEvents."
		switch a.Text(e + "__typename") {
		case "MessagePosted":
			got = append(got, "posted by "+map[bool]string{true: "the assistant", false: "Ada"}[a.Text(e+"message.author.id") == id.Assistant])
		case "GenerationChanged":
			is(t, a, e+"generation.id", generation)
			got = append(got, a.Text(e+"type"))
		default:
			got = append(got, a.Text(e+"__typename"))
		}
	}
	want := "posted by Ada, ChannelUpdated, assistant.generation.started, posted by the assistant, assistant.generation.finished"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("the channel told %s", s)
	}
}

func TestAnAnswerIsStopped(t *testing.T) {
	t.Parallel()
	script := func(*llmtwin.Call) llmtwin.Script {
		return llmtwin.Script{Steps: append(said("One ", "two "), llmtwin.Step{Silence: true})}
	}
	talks(t, script, func(t *testing.T, k talk) {
		generation, _ := k.say(t, "Count")
		var x seen
		s := subscribe(t, k.Node, k.who, steps, apptest.Vars{"g": generation})
		for x.text != "One two " {
			x.take(t, s.next(t))
		}
		elsewhere := signIn(t, k.Node, k.who)
		began := time.Now()
		must(t, k.Node, elsewhere, "stopGeneration", "generation { id }", apptest.Vars{"generationId": generation})
		for x.end == "" {
			x.take(t, s.next(t))
		}
		if x.end != "GenerationStopped" || x.text != "One two " {
			t.Errorf("%s with %q", x.end, x.text)
		}
		is(t, x.last, "generationEvents.message.body", "One two ")
		for !k.twin.Calls()[0].Left {
			if time.Since(began) > time.Second {
				t.Fatal("the provider's connection was open for more than a second")
			}
			time.Sleep(time.Millisecond)
		}
		a := must(t, k.Node, k.who, "stopGeneration", "generation { state text usage { inputTokens outputTokens estimated } message { body } }", apptest.Vars{"generationId": generation})
		for path, want := range map[string]any{"state": "STOPPED", "text": "One two ", "message.body": "One two ", "usage.estimated": true, "usage.outputTokens": 2} {
			is(t, a, "stopGeneration.generation."+path, want)
		}
	})
}

func TestAnAnswerThatBreaksGoesOn(t *testing.T) {
	t.Parallel()
	script := func(c *llmtwin.Call) llmtwin.Script {
		s := llmtwin.Words(poem, c, 0)
		switch c.N {
		case 1:
			return llmtwin.Script{Status: 503}
		case 2:
			s.Steps = append(s.Steps[:5], llmtwin.Step{Cut: true, After: 50 * time.Millisecond})
		case 3:
			s.Steps = append(s.Steps[:4], llmtwin.Step{Raw: "data: {\n\n", After: 50 * time.Millisecond})
		}
		return s
	}
	talks(t, script, func(t *testing.T, k talk) {
		generation, _ := k.say(t, "Say a poem")
		x := k.watch(t, generation, "")
		if x.text != poem || x.end != "GenerationFinished" {
			t.Errorf("%q, %s", x.text, x.end)
		}
		if got := fmt.Sprint(x.kinds); got != "[GenerationStarted GenerationRetrying TextDelta GenerationRetrying TextDelta GenerationRetrying TextDelta UsageUpdated GenerationFinished]" {
			t.Error(got)
		}
		if calls := k.twin.Calls(); len(calls) != 4 || calls[3].Kept != calls[1].Sent+calls[2].Sent {
			t.Errorf("the twin was asked %+v", calls)
		}
	})
}

// TestAnotherModelGoesOn has a model fail for which there is another one, of another protocol.
func TestAnotherModelGoesOn(t *testing.T) {
	t.Parallel()
	for _, e := range enttest.Engines {
		t.Run(e, func(t *testing.T) {
			t.Parallel()
			first, models := apptest.Twin(t, llmtwin.Config{Script: func(c *llmtwin.Call) llmtwin.Script {
				s := llmtwin.Words(poem, c, 0)
				if c.N > 1 {
					return llmtwin.Script{Status: 401}
				}
				return llmtwin.Script{Steps: append(s.Steps[:6], llmtwin.Step{Raw: "data: {\n\n"})}
			}})
			second, others := apptest.Twin(t, llmtwin.Config{Script: func(c *llmtwin.Call) llmtwin.Script { return llmtwin.Words(poem, c, 0) }})
			all := append(models.All()[:1], others.All()[1])
			both, err := llm.NewCatalogue(all...)
			if err == nil {
				err = both.FallBack([]string{all[0].FullName(), all[1].FullName()})
			}
			if err != nil {
				t.Fatal(err)
			}
			k := newTalk(t, apptest.Start(t, e, apptest.Options{Models: both}), first)
			generation, _ := k.say(t, "Say a poem")
			if x := k.watch(t, generation, ""); x.text != poem || x.end != "GenerationFinished" {
				t.Errorf("%q, %s", x.text, x.end)
			}
			if n, m := len(first.Calls()), second.Calls(); n != 2 || len(m) != 1 || m[0].Kept == "" || m[0].Model != "unpriced" {
				t.Errorf("the first was asked %d times, the second %+v", n, m)
			}
		})
	}
}

func TestAnAnswerThatFails(t *testing.T) {
	t.Parallel()
	script := func(c *llmtwin.Call) llmtwin.Script {
		if c.Asked() == "Who are you?" {
			return llmtwin.Script{Status: 401}
		}
		return llmtwin.Script{Steps: append(said(fmt.Sprintf("part %d ", c.N)), llmtwin.Step{Cut: true, After: 50 * time.Millisecond})}
	}
	talks(t, script, func(t *testing.T, k talk) {
		generation, _ := k.say(t, "Who are you?")
		x := k.watch(t, generation, "")
		is(t, x.last, "generationEvents.error.code", "PROVIDER_REFUSED")
		is(t, x.last, "generationEvents.error.retryable", false)
		is(t, x.last, "generationEvents.message", nil)
		if n := len(k.twin.Calls()); n != 1 {
			t.Errorf("what was refused was asked %d times", n)
		}
		generation, _ = k.say(t, "Tell me more")
		x = k.watch(t, generation, "")
		is(t, x.last, "generationEvents.error.code", "PROVIDER_UNAVAILABLE")
		is(t, x.last, "generationEvents.error.retryable", true)
		if x.text != "part 2 part 3 part 4 part 5 " {
			t.Errorf("seen is %q", x.text)
		}
		is(t, x.last, "generationEvents.message.body", x.text)
		if strings.Contains(string(x.last.Body), "127.0.0.1") {
			t.Errorf("the error tells where the provider is: %s", x.last.Body)
		}
	})
}

func TestBranches(t *testing.T) {
	t.Parallel()
	script := func(c *llmtwin.Call) llmtwin.Script {
		return llmtwin.Script{Steps: said(fmt.Sprintf("answer %d to %s", c.N, c.Asked()))}
	}
	talks(t, script, func(t *testing.T, k talk) {
		answered := func(a apptest.Answer, mutation string) (answerID string) {
			t.Helper()
			x := k.watch(t, a.Text(mutation+".generation.id"), "")
			return x.last.Text("generationEvents.message.id")
		}
		path := func() string {
			t.Helper()
			a := k.Must(t, k.who.Token, `query($c: ID!) { node(id: $c) { ... on Conversation { path(last: 10) { totalCount nodes { body } } } } }`, apptest.Vars{"c": k.id})
			return strings.Join(column(a, "node.path.nodes", "body"), " | ")
		}
		if p := path(); p != "" {
			t.Errorf("before anything was said: %s", p)
		}
		start := must(t, k.Node, k.who, "startGeneration", "generation { id } message { id }", apptest.Vars{"conversationId": k.id, "body": "one"})
		first := answered(start, "startGeneration")
		_, prompt := k.say(t, "two")
		waitUntil(t, func() bool { return path() == "one | answer 1 to one | two | answer 2 to two" })

		again := answered(must(t, k.Node, k.who, "regenerate", "generation { id }", apptest.Vars{"messageId": first}), "regenerate")
		if p := path(); p != "one | answer 3 to one" {
			t.Errorf("answered again: %s", p)
		}
		edit := must(t, k.Node, k.who, "editAndRegenerate", "generation { id } message { replyTo { id } }", apptest.Vars{"messageId": prompt, "body": "zwei"})
		is(t, edit, "editAndRegenerate.message.replyTo.id", first)
		answered(edit, "editAndRegenerate")
		if p := path(); p != "one | answer 1 to one | zwei | answer 4 to zwei" {
			t.Errorf("said in other words: %s", p)
		}
		if c := k.twin.Calls(); len(c[3].Turns) != 3 || !reflect.DeepEqual(c[3].Turns[1], llm.Turn{Role: llm.Assistant, Text: "answer 1 to one"}) {
			t.Errorf("the twin was told %+v", c[3].Turns)
		}
		must(t, k.Node, k.who, "updateConversation", "conversation { id }", apptest.Vars{"conversationId": k.id, "activeLeafId": again, "title": "Numbers"})
		if p := path(); p != "one | answer 3 to one" {
			t.Errorf("the other branch: %s", p)
		}
		fork := must(t, k.Node, k.who, "forkConversation", "conversation { id title path { nodes { body author { displayName } replyTo { body } } } }", apptest.Vars{"messageId": first})
		is(t, fork, "forkConversation.conversation.title", "Numbers")
		if got := strings.Join(column(fork, "forkConversation.conversation.path.nodes", "body"), " | "); got != "one | answer 1 to one" {
			t.Errorf("the copy has %s", got)
		}
		is(t, fork, "forkConversation.conversation.path.nodes.1.author.displayName", "Assistant")
		is(t, fork, "forkConversation.conversation.path.nodes.1.replyTo.body", "one")
		list := k.Must(t, k.who.Token, `query($w: ID!) { workspace(id: $w) { conversations(first: 1) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } } }`, apptest.Vars{"w": k.ws})
		is(t, list, "workspace.conversations.totalCount", 2)
		is(t, list, "workspace.conversations.nodes.0.id", fork.Text("forkConversation.conversation.id"))
		more := k.Must(t, k.who.Token, `query($w: ID!, $a: Cursor) { workspace(id: $w) { conversations(first: 1, after: $a) { nodes { id generations { totalCount } } } } }`,
			apptest.Vars{"w": k.ws, "a": list.Text("workspace.conversations.pageInfo.endCursor")})
		is(t, more, "workspace.conversations.nodes.0.id", k.id)
		is(t, more, "workspace.conversations.nodes.0.generations.totalCount", 4)
	})
}

func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come")
		}
	}
}

func TestConversationsAreOnesOwn(t *testing.T) {
	t.Parallel()
	talks(t, slowly, func(t *testing.T, k talk) {
		generation, message := k.say(t, "Between us")
		k.watch(t, generation, "")
		boss := k.SignUp(t, "Boss")
		k.Join(t, k.who, boss, k.ws, "admin")
		channel := k.Must(t, k.who.Token, `query($c: ID!) { node(id: $c) { ... on Conversation { channel { id } } } }`, apptest.Vars{"c": k.id}).Text("node.channel.id")
		a := k.Do(t, boss.Token, `query($ids: [ID!]!, $w: ID!) { nodes(ids: $ids) { id } workspace(id: $w) { conversations { totalCount } channels { nodes { id } } members { nodes { user { displayName } } } } }`,
			apptest.Vars{"ids": []string{k.id, generation, message, channel}, "w": k.ws})
		is(t, a, "nodes", "[<nil> <nil> <nil> <nil>]")
		is(t, a, "workspace.conversations.totalCount", 0)
		is(t, a, "workspace.channels.nodes", "[]")
		if names := strings.Join(column(a, "workspace.members.nodes", "user.displayName"), ","); strings.Contains(names, "Assistant") {
			t.Errorf("the members are %s", names)
		}
		for mutation, input := range map[string]apptest.Vars{
			"startGeneration": {"conversationId": k.id, "body": "me too"}, "updateConversation": {"conversationId": k.id, "title": "mine"},
			"regenerate": {"messageId": message}, "editAndRegenerate": {"messageId": message, "body": "x"}, "stopGeneration": {"generationId": generation},
			"forkConversation": {"messageId": message}, "sendMessage": {"channelId": channel, "body": "hi"}, "joinChannel": {"channelId": channel},
		} {
			refuse(t, k.Node, boss, "NOT_FOUND", mutation, "", input)
		}
		if s := subscribe(t, k.Node, boss, steps, apptest.Vars{"g": generation}); s.refusal(t) != "NOT_FOUND" {
			t.Error("another follows the answer")
		}
		// What is one's own is refused where it would break the tree.
		refuse(t, k.Node, k.who, "NOT_ALLOWED channelId", "sendMessage", "", apptest.Vars{"channelId": channel, "body": "hi"})
		refuse(t, k.Node, k.who, "NOT_ALLOWED messageId", "editMessage", "", apptest.Vars{"messageId": message, "body": "hi"})
		refuse(t, k.Node, k.who, "NOT_ALLOWED channelId", "leaveChannel", "", apptest.Vars{"channelId": channel})
		refuse(t, k.Node, k.who, "NOT_ALLOWED channelId", "updateChannel", "", apptest.Vars{"channelId": channel, "topic": "hi"})
		refuse(t, k.Node, k.who, "NOT_ALLOWED channelId", "addChannelMember", "", apptest.Vars{"channelId": channel, "userId": boss.ID})
		refuse(t, k.Node, k.who, "INVALID visibility", "createChannel", "", apptest.Vars{"workspaceId": k.ws, "name": "x", "visibility": "ASSISTANT"})
		// Nobody signs in as who answers are by, and nobody takes their place.
		refuse(t, k.Node, apptest.Person{}, "INVALID_CREDENTIALS", "signIn", "", apptest.Vars{"email": "assistant@karnak.invalid", "password": "none"})
		refuse(t, k.Node, apptest.Person{}, "TAKEN email", "signUp", "", apptest.Vars{"email": "assistant@karnak.invalid", "password": apptest.Password, "displayName": "A"})
	})
}

func TestInputsOfConversations(t *testing.T) {
	t.Parallel()
	talks(t, slowly, func(t *testing.T, k talk) {
		other := must(t, k.Node, k.who, "createConversation", "conversation { id }", apptest.Vars{"workspaceId": k.ws, "title": " Other ", "model": llmtwin.Name + "/unpriced"}).Text("createConversation.conversation.id")
		generation, message := k.say(t, "Hello")
		k.watch(t, generation, "")
		for _, c := range []struct {
			want, mutation string
			input          apptest.Vars
		}{
			{"NOT_FOUND model", "createConversation", apptest.Vars{"workspaceId": k.ws, "model": "openai/gpt"}},
			{"INVALID id", "createConversation", apptest.Vars{"workspaceId": k.ws, "id": "conv_1"}},
			{"TAKEN id", "createConversation", apptest.Vars{"workspaceId": k.ws, "id": other}},
			{"TOO_LONG title", "createConversation", apptest.Vars{"workspaceId": k.ws, "title": strings.Repeat("x", 81)}},
			{"TOO_LONG instructions", "createConversation", apptest.Vars{"workspaceId": k.ws, "instructions": strings.Repeat("x", 8001)}},
			{"REQUIRED body", "startGeneration", apptest.Vars{"conversationId": k.id, "body": ""}},
			{"TOO_LONG body", "startGeneration", apptest.Vars{"conversationId": k.id, "body": strings.Repeat("x", 16385)}},
			{"NOT_FOUND parentId", "startGeneration", apptest.Vars{"conversationId": other, "body": "x", "parentId": message}},
			{"INVALID maxTokens", "startGeneration", apptest.Vars{"conversationId": k.id, "body": "x", "maxTokens": 0}},
			{"INVALID messageId", "startGeneration", apptest.Vars{"conversationId": k.id, "body": "x", "messageId": "msg_1"}},
			{"TAKEN messageId", "startGeneration", apptest.Vars{"conversationId": other, "body": "x", "messageId": message}},
			{"NOT_FOUND activeLeafId", "updateConversation", apptest.Vars{"conversationId": other, "activeLeafId": message}},
			{"CONFLICT expectedVersion", "updateConversation", apptest.Vars{"conversationId": other, "title": "x", "expectedVersion": 7}},
			{"NOT_FOUND", "stopGeneration", apptest.Vars{"generationId": id.New(id.Generation)}},
			{"NOT_FOUND", "regenerate", apptest.Vars{"messageId": id.New(id.Message)}},
		} {
			refuse(t, k.Node, k.who, c.want, c.mutation, "", c.input)
		}
		general := k.Channel(t, k.who, k.ws, "general", "PUBLIC")
		plain := must(t, k.Node, k.who, "sendMessage", "message { id }", apptest.Vars{"channelId": general, "body": "hi"}).Text("sendMessage.message.id")
		refuse(t, k.Node, k.who, "NOT_ALLOWED messageId", "regenerate", "", apptest.Vars{"messageId": plain})

		// Said twice under one id, or one idempotency key, it is said and answered once.
		mine := id.New(id.Message)
		input := apptest.Vars{"conversationId": k.id, "body": "once", "messageId": mine}
		a := must(t, k.Node, k.who, "startGeneration", "generation { id }", input)
		b := must(t, k.Node, k.who, "startGeneration", "generation { id } message { id }", input)
		is(t, b, "startGeneration.generation.id", a.Text("startGeneration.generation.id"))
		is(t, b, "startGeneration.message.id", mine)
		input = apptest.Vars{"conversationId": k.id, "body": "once more"}
		a = must(t, k.Node, k.who, "startGeneration", "generation { id } message { id }", input, "Idempotency-Key", "k1")
		b = must(t, k.Node, k.who, "startGeneration", "generation { id } message { id }", input, "Idempotency-Key", "k1")
		if string(a.Body) != string(b.Body) {
			t.Errorf("the same key: %s and %s", a.Body, b.Body)
		}
		x := k.watch(t, a.Text("startGeneration.generation.id"), "")
		if x.text != poem {
			t.Errorf("%q", x.text)
		}
		short := must(t, k.Node, k.who, "startGeneration", "generation { id }", apptest.Vars{"conversationId": other, "body": "short", "maxTokens": 5})
		x = k.watch(t, short.Text("startGeneration.generation.id"), "")
		is(t, x.last, "generationEvents.reason", "LENGTH")
		a = k.Must(t, k.who.Token, `query($c: ID!) { node(id: $c) { ... on Conversation { title model generations { nodes { usage { cost { amount } } } } } } }`, apptest.Vars{"c": other})
		is(t, a, "node.title", "Other")
		is(t, a, "node.generations.nodes.0.usage.cost", nil)
	})
}

// TestTheNextNodeGoesOn ends a node in the midst of an answer: the other one, which hears of it from the database alone, gets it,
// and nothing is missing or doubled.
func TestTheNextNodeGoesOn(t *testing.T) {
	t.Parallel()
	// Slower than the node looks at the database.
	script := func(c *llmtwin.Call) llmtwin.Script { return llmtwin.Words(poem, c, 150*time.Millisecond) }
	twin, models := apptest.Twin(t, llmtwin.Config{Script: script})
	args := []string{"--data-dir=" + t.TempDir(), "--addr=127.0.0.1:0", "--database-url=" + enttest.Postgres(t), "--postgres-pool=6"}
	first, second := apptest.Open(t, dialect.Postgres, args, apptest.Options{Models: models}), apptest.Open(t, dialect.Postgres, args, apptest.Options{Models: models})
	k := newTalk(t, first, twin)
	generation, _ := k.say(t, "Say a poem")
	k.Node = second
	var x seen
	s := subscribe(t, second, k.who, steps, apptest.Vars{"g": generation})
	for len(x.text) < len(poem)/3 {
		x.take(t, s.next(t))
	}
	if err := first.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	for x.end == "" {
		x.take(t, s.next(t))
	}
	if x.text != poem || x.end != "GenerationFinished" {
		t.Errorf("%q, %s", x.text, x.end)
	}
	if calls := twin.Calls(); len(calls) != 2 || calls[1].Kept == "" || !calls[0].Left {
		t.Errorf("the twin was asked %+v", calls)
	}
}
