package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/core/llm"
	"karnak/internal/platform/id"
	"karnak/test/crash/rig"
)

const (
	talkers = 12
	// pace is that of the twin's words, words how many an answer has.
	pace, words = 10 * time.Millisecond, 150
	// answeredWithin is how long an answer may take that is interrupted again and again.
	answeredWithin = 3 * time.Minute

	// parts are what an answer is made of: behind each but the last the model calls a tool and waits for it.
	parts = 3

	createConversation = `mutation($w: ID!, $id: ID!) { createConversation(input: {workspaceId: $w, id: $id, tools: ["karnak_calculate"]}) { conversation { id } userErrors { code message } } }`
	startGeneration    = `mutation($c: ID!, $m: ID!, $b: String!) { startGeneration(input: {conversationId: $c, messageId: $m, body: $b}) { generation { id } userErrors { code message } } }`
	lookGeneration     = `query($g: ID!) { node(id: $g) { ... on Generation { state text attempts message { body } toolCalls { state arguments output } } } }`
	generationEvents   = `subscription($g: ID!, $a: Cursor) { generationEvents(generationId: $g, after: $a) { cursor ... on TextDelta { text } } }`
)

// answers are what a run of killed answers came to.
type answers struct {
	mu sync.Mutex
	// Ended is how many answers there were, Interrupted those that more than one server made, Asked how often one was made.
	Ended, Interrupted, Attempts, Asked, Steps, Resumed, Kills int
	Slowest                                                    time.Duration
	Findings                                                   []string
}

func (a *answers) found(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Findings = append(a.Findings, fmt.Sprintf(format, args...))
}

func (a *answers) print(out io.Writer, engine string) {
	fmt.Fprintf(out, "%s: %d kills; %d answers of %d words and %d calls of tools, %d of them made by more than one server, in %d attempts; the twin was asked %d times; %d steps received, %d times resumed; the slowest took %s\n",
		engine, a.Kills, a.Ended, words, parts-1, a.Interrupted, a.Attempts, a.Asked, a.Steps, a.Resumed, a.Slowest.Round(time.Millisecond))
	for _, f := range a.Findings {
		fmt.Fprintln(out, "  found:", f)
	}
	if len(a.Findings) == 0 {
		fmt.Fprintln(out, "  no answer is stuck, none has a character or a call lost or doubled")
	}
}

// part is a part of the answer to a message.
func part(asked string, n int) string {
	var b strings.Builder
	for i := n * words / parts; i < (n+1)*words/parts; i++ {
		fmt.Fprintf(&b, "%s-%d·é世🎉 ", asked, i)
	}
	return b.String()
}

// poem is the answer to a message.
func poem(asked string) string {
	var all []string
	for n := range parts {
		all = append(all, part(asked, n))
	}
	return strings.Join(all, "\n\n")
}

// recite is what the twin plays: a part of the poem, and then a call of a tool unless it is the last one.
func recite(c *llmtwin.Call) llmtwin.Script {
	n, asked := 0, ""
	for _, t := range c.Turns {
		switch {
		case len(t.Results) > 0:
			n++
		case t.Role == llm.User:
			n, asked = 0, t.Text
		}
	}
	s := llmtwin.Words(part(asked, n), c, pace)
	if n < parts-1 {
		s.Steps = append(s.Steps, llmtwin.Pieces(0, llm.Call{ID: fmt.Sprintf("call_%d", n), Name: "karnak_calculate", Arguments: fmt.Sprintf(`{"expression":"%d + 1"}`, n)}, 12)...)
	}
	return s
}

// stand serves the twin, which lives on when the server is killed.
func stand(ctx context.Context) (*llmtwin.Twin, string, func() error, error) {
	twin := llmtwin.New(llmtwin.Config{Script: recite})
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", nil, err
	}
	server := &http.Server{Handler: twin, ReadHeaderTimeout: answerWithin}
	go func() { _ = server.Serve(l) }() // ends when it is closed
	return twin, "http://" + l.Addr().String() + "/v1", server.Close, nil
}

// runAnswers kills the server while language models answer.
func runAnswers(ctx context.Context, p Plan) (a *answers, err error) {
	a = &answers{}
	twin, url, end, err := stand(ctx)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, end()) }()
	db, err := rig.NewDatabase(ctx, p.Engine, p.Folder, p.Server)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, db.Drop()) }()
	args := append(db.Args, "--openai-url="+url, "--openai-name="+llmtwin.Name, "--openai-models="+llmtwin.Model+"@100000/20000")
	server, err := rig.NewServer(p.Binary, rig.LogFile(p.Folder), append(args, p.Args...)...)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, server.Kill()) }()
	if err := errors.Join(server.Start(), server.Ready(ctx)); err != nil {
		return a, err
	}
	api := rig.NewAPI(server.Addr, answerWithin)
	places, err := api.MakeWorkspaces(ctx, 1)
	if err != nil {
		return a, err
	}
	over := make(chan struct{})
	var all sync.WaitGroup
	for i := range talkers {
		t := talker{answers: a, api: api, addr: server.Addr, who: places[0].People[i%2], workspace: places[0].ID, n: i}
		all.Go(func() { t.talk(ctx, over) })
	}
	err = killAnswers(ctx, p, server, a)
	close(over)
	all.Wait()
	for _, c := range twin.Calls() {
		a.Asked++
		if c.N == 0 {
			a.found("a call without a number")
		}
	}
	if a.Asked > a.Attempts {
		a.found("the twin was asked %d times, of which %d are known", a.Asked, a.Attempts)
	}
	return a, err
}

func killAnswers(ctx context.Context, p Plan, server *rig.Server, a *answers) error {
	d := dice(p.Seed, 7)
	for range p.Cycles {
		select {
		case <-time.After(p.Least + time.Duration(d.Int64N(int64(p.Most-p.Least)))):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := errors.Join(server.Kill(), server.Start(), server.Ready(ctx)); err != nil {
			return err
		}
		a.Kills++
	}
	return nil
}

// talker is somebody who has one answer after the other made.
type talker struct {
	*answers
	api       *rig.API
	addr      string
	who       rig.Person
	workspace string
	n         int
}

func (t talker) talk(ctx context.Context, over <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-over:
			return
		default:
		}
		began := time.Now()
		if err := t.once(ctx, fmt.Sprintf("t%d.%d", t.n, n)); err != nil {
			t.found("%v", err)
			return
		}
		t.mu.Lock()
		t.Ended++
		t.Slowest = max(t.Slowest, time.Since(began))
		t.mu.Unlock()
	}
}

// once has a message answered and follows that to its end, through every end of the server.
func (t talker) once(ctx context.Context, asked string) error {
	ctx, cancel := context.WithTimeout(ctx, answeredWithin)
	defer cancel()
	conversation, message := id.New(id.Conversation), id.New(id.Message)
	var made struct {
		CreateConversation struct{ UserErrors []struct{ Code string } }
	}
	if err := t.insist(ctx, createConversation, map[string]any{"w": t.workspace, "id": conversation}, &made); err != nil {
		return err
	}
	if e := made.CreateConversation.UserErrors; len(e) > 0 && e[0].Code != "TAKEN" { // by an attempt whose end nobody knew
		return fmt.Errorf("a conversation was refused: %v", e)
	}
	var begun struct {
		StartGeneration struct {
			Generation *struct{ ID string }
			UserErrors []struct{ Code string }
		}
	}
	if err := t.insist(ctx, startGeneration, map[string]any{"c": conversation, "m": message, "b": asked}, &begun); err != nil {
		return err
	}
	if begun.StartGeneration.Generation == nil {
		return fmt.Errorf("a message was refused: %+v", begun.StartGeneration.UserErrors)
	}
	generation := begun.StartGeneration.Generation.ID
	text, err := t.follow(ctx, generation)
	if err != nil {
		return fmt.Errorf("%s is stuck after %q: %w", generation, end(text), err)
	}
	return t.check(ctx, generation, asked, text)
}

func end(s string) string { return s[max(0, len(s)-60):] }

// insist repeats a request until it is answered.
func (t talker) insist(ctx context.Context, query string, vars map[string]any, into any) error {
	for {
		err := t.api.Do(ctx, rig.Call{Token: t.who.Token, Query: query, Vars: vars}, into)
		var refused *rig.Error
		if err == nil || errors.As(err, &refused) && refused.Extensions.Code != "UNAVAILABLE" || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// follow puts the text together that is seen of a generation.
func (t talker) follow(ctx context.Context, generation string) (text string, err error) {
	var cursor *string
	for ctx.Err() == nil {
		s, err := rig.Subscribe(ctx, t.addr, t.who.Token, generationEvents, map[string]any{"g": generation, "a": cursor})
		for err == nil {
			var got struct {
				GenerationEvents struct{ Cursor, Text string }
			}
			if err = s.Next(ctx, &got); err != nil {
				break
			}
			e := got.GenerationEvents
			cursor = &e.Cursor
			text += e.Text
			t.mu.Lock()
			t.Steps++
			t.mu.Unlock()
		}
		if s != nil {
			s.Cut()
		}
		if errors.Is(err, rig.ErrComplete) {
			return text, nil
		}
		var refused *rig.Error
		if errors.As(err, &refused) && refused.Extensions.Code != "UNAVAILABLE" {
			return text, err
		}
		t.mu.Lock()
		t.Resumed++
		t.mu.Unlock()
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return text, ctx.Err()
}

// check holds what was seen against what the database has and what the twin says.
func (t talker) check(ctx context.Context, generation, asked, text string) error {
	var got struct {
		Node struct {
			State, Text string
			Attempts    int
			Message     *struct{ Body string }
			ToolCalls   []struct {
				State     string
				Arguments struct{ Expression string }
				Output    *struct{ Value string }
			}
		}
	}
	if err := t.insist(ctx, lookGeneration, map[string]any{"g": generation}, &got); err != nil {
		return err
	}
	n := got.Node
	want := poem(asked)
	switch {
	case n.State != "FINISHED":
		return fmt.Errorf("%s is %s", generation, n.State)
	case text != want:
		return fmt.Errorf("%s: seen were %d bytes, %d are the answer: %s", generation, len(text), len(want), apart(text, want))
	case len(n.ToolCalls) != parts-1:
		return fmt.Errorf("%s: %d calls of tools, and %d were made", generation, len(n.ToolCalls), parts-1)
	case n.Text != want || n.Message == nil || n.Message.Body != want:
		return fmt.Errorf("%s: the database has another text than was seen", generation)
	}
	for i, c := range n.ToolCalls {
		if c.State != "SUCCEEDED" || c.Output == nil || c.Output.Value != fmt.Sprint(i+1) || c.Arguments.Expression != fmt.Sprintf("%d + 1", i) {
			return fmt.Errorf("%s: the call %d became %+v", generation, i, c)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Attempts += n.Attempts
	if n.Attempts > parts {
		t.Interrupted++
	}
	return nil
}

// apart shows where two texts come apart.
func apart(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return fmt.Sprintf("behind byte %d comes %q instead of %q", i, a[i:min(i+40, len(a))], b[i:min(i+40, len(b))])
}
