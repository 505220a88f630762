package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"text/tabwriter"
	"time"

	"karnak/bench/machine"
)

// answered is what it takes to bring the tokens of answers, from a provider that sends each stream so many a second, to one socket
// each. karnak keeps them in the database first, and writes those that come within 30 ms together; relay, the floor, hands each on
// as it comes and keeps nothing.
type answered struct {
	Server  string  `json:"server"`
	Streams int     `json:"streams"`
	Rate    int     `json:"tokensPerSecond"`
	Tokens  int     `json:"tokens"`
	Frames  int     `json:"frames"`
	Core    float64 `json:"serverCores"`
	Token   float64 `json:"cpuMicrosPerToken"`
	Frame   float64 `json:"cpuMicrosPerFrame"`
	P50Ms   float64 `json:"p50Ms"`
	P99Ms   float64 `json:"p99Ms"`
	OnTime  float64 `json:"within100ms"`
	FirstMs float64 `json:"firstP99Ms"`
}

// relay is the peer that hands tokens on.
const relay = "relay"

const (
	createTalk = `mutation($w: ID!) { createConversation(input: {workspaceId: $w}) { conversation { id } userErrors { code } } }`
	startTalk  = `mutation($c: ID!) { startGeneration(input: {conversationId: $c, body: "go on"}) { generation { id } userErrors { code message } } }`
	followTalk = `subscription($g: ID!) { generationEvents(generationId: $g) { __typename seq cursor ... on TextDelta { text } } }`
	warmUp     = 2 * time.Second
	inTime     = 100 * time.Millisecond
)

// measureAnswers measures one server after the other.
func (b *bench) measureAnswers(ctx context.Context, r *report) error {
	p, err := provide(ctx, b.rate)
	if err != nil {
		return err
	}
	defer p.close()
	var all []answered
	for _, name := range []string{karnak, relay} {
		if b.only != "" && b.only != name {
			continue
		}
		b.say("%s: %d answers at %d tokens a second", name, b.answers, b.rate)
		a, err := b.stream(ctx, name, p)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, a)
		if err := json.NewEncoder(r.out).Encode(a); err != nil {
			return err
		}
	}
	w := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nserver\tanswers\ttokens/s each\tcores\tCPU µs for a token\tfor a frame\tp50 ms\tp99 ms\twithin 100 ms\tfirst p99 ms\t")
	for _, a := range all {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.2f\t%.1f\t%.1f\t%.1f\t%.1f\t%.2f %%\t%.1f\t\n", a.Server, a.Streams, a.Rate, a.Core, a.Token, a.Frame, a.P50Ms, a.P99Ms, 100*a.OnTime, a.FirstMs)
	}
	return w.Flush()
}

// provider sends tokens that tell when they were sent, to every stream so many a second, until it is closed.
type provider struct {
	url    string
	rate   int
	server *http.Server
	ended  chan struct{}
}

func provide(ctx context.Context, rate int) (*provider, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &provider{url: "http://" + l.Addr().String() + "/v1", rate: rate, ended: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", p.talk)
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(l) }() // ends when it is closed
	return p, nil
}

func (p *provider) close() {
	close(p.ended)
	_ = p.server.Close()
}

func (p *provider) talk(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	gap := time.Second / time.Duration(p.rate)
	next := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		case <-p.ended:
			return
		}
		_, err := fmt.Fprintf(w, "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@%d \"},\"finish_reason\":null}]}\n\n", time.Now().UnixMicro())
		if err != nil || out.Flush() != nil {
			return
		}
		next = next.Add(gap)
		timer.Reset(time.Until(next))
	}
}

// listener is one who follows an answer.
type listener struct {
	conn    net.Conn
	tokens  []time.Duration
	frames  int
	first   time.Duration
	started time.Time
}

// stream has all answers made, and measures for a while when they are.
func (b *bench) stream(ctx context.Context, name string, p *provider) (a answered, err error) {
	t, subscribe, err := b.talkers(ctx, name, p)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, t.server.Stop()) }()
	all, failed := make([]*listener, b.answers), make(chan error, b.answers)
	from := time.Now().Add(time.Hour)
	var mu sync.Mutex
	defer func() {
		for _, l := range all {
			if l != nil {
				_ = l.conn.Close()
			}
		}
	}()
	for i := range all {
		sub, err := subscribe(ctx)
		if err != nil {
			return a, err
		}
		l := &listener{started: time.Now()}
		all[i] = l
		conn, in, err := dial(ctx, t, sub)
		if err != nil {
			return a, err
		}
		l.conn = conn
		go func() {
			for {
				op, m, err := message(in)
				if err == nil && op == ping {
					_, err = conn.Write(append([]byte{0x80 | pong, 0x80 | byte(len(m)), 0, 0, 0, 0}, m...))
				}
				if err == nil && bytes.Contains(m, []byte(`"errors"`)) {
					err = fmt.Errorf("came %.300s", m)
				}
				if err != nil {
					if !errors.Is(err, net.ErrClosed) {
						failed <- err
					}
					return
				}
				mu.Lock()
				l.take(m, from)
				mu.Unlock()
			}
		}()
	}
	if err := pause(ctx, warmUp, failed); err != nil {
		return a, err
	}
	before, err := t.server.CPU()()
	if err != nil {
		return a, err
	}
	mu.Lock()
	from = time.Now()
	mu.Unlock()
	began := from
	if err := pause(ctx, b.length, failed); err != nil {
		return a, err
	}
	after, err := t.server.CPU()()
	if err != nil {
		return a, err
	}
	mu.Lock()
	defer mu.Unlock()
	return b.sum(name, all, after[0]-before[0], time.Since(began)), nil
}

func pause(ctx context.Context, d time.Duration, failed <-chan error) error {
	select {
	case <-time.After(d):
		return nil
	case err := <-failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take notes when the tokens of a frame came that were sent since an instant.
func (l *listener) take(m []byte, from time.Time) {
	now, counted := time.Now(), false
	for {
		_, rest, ok := bytes.Cut(m, []byte("@"))
		if !ok {
			break
		}
		digits, more, _ := bytes.Cut(rest, []byte(" "))
		micros, err := strconv.ParseInt(string(digits), 10, 64)
		if err != nil {
			break
		}
		m = more
		sent := time.UnixMicro(micros)
		if l.first == 0 {
			l.first = now.Sub(sent)
		}
		if sent.After(from) {
			l.tokens = append(l.tokens, now.Sub(sent))
			counted = true
		}
	}
	if counted {
		l.frames++
	}
}

func (b *bench) sum(name string, all []*listener, cpu, took time.Duration) answered {
	a := answered{Server: name, Streams: len(all), Rate: b.rate}
	var late, firsts []time.Duration
	for _, l := range all {
		a.Frames += l.frames
		late, firsts = append(late, l.tokens...), append(firsts, l.first)
	}
	slices.Sort(late)
	slices.Sort(firsts)
	a.Tokens = len(late)
	if a.Tokens == 0 {
		return a
	}
	at := func(of []time.Duration, q float64) float64 {
		return float64(of[int(q*float64(len(of)-1))].Microseconds()) / 1000
	}
	n, _ := slices.BinarySearch(late, inTime)
	a.P50Ms, a.P99Ms, a.OnTime, a.FirstMs = at(late, 0.5), at(late, 0.99), float64(n)/float64(len(late)), at(firsts, 0.99)
	a.Core = cpu.Seconds() / took.Seconds()
	a.Token, a.Frame = float64(cpu.Microseconds())/float64(a.Tokens), float64(cpu.Microseconds())/float64(a.Frames)
	return a
}

// talkers starts a server, and returns what begins an answer there: the message that follows it.
func (b *bench) talkers(ctx context.Context, name string, p *provider) (*target, func(context.Context) (string, error), error) {
	addr, err := machine.FreeAddr(ctx)
	if err != nil {
		return nil, nil, err
	}
	if name == relay {
		t := &target{init: `{"type":"connection_init"}`}
		t.server, err = machine.Start(ctx, b.cores, addr, b.peer, nil, "-addr="+addr, "-mode="+relay, "-provider="+p.url)
		return t, func(context.Context) (string, error) {
			return `{"id":"1","type":"subscribe","payload":{"query":"subscription{other}"}}`, nil
		}, err
	}
	t, err := b.startKarnak(ctx, addr, "--openai-url="+p.url, "--openai-name=provider", "--openai-models=tokens@1000000/100000")
	if err != nil {
		return nil, nil, err
	}
	// The conversations are there before anything is measured.
	var made struct {
		CreateConversation struct{ Conversation struct{ ID string } }
		StartGeneration    struct{ Generation struct{ ID string } }
	}
	talks := make([]string, b.answers)
	for i := range talks {
		if err := t.do(ctx, createTalk, map[string]string{"w": t.workspace}, &made); err != nil {
			return t, nil, errors.Join(err, t.server.Stop())
		}
		talks[i] = made.CreateConversation.Conversation.ID
	}
	return t, func(ctx context.Context) (string, error) {
		talk := talks[0]
		talks = talks[1:]
		if err := t.do(ctx, startTalk, map[string]string{"c": talk}, &made); err != nil {
			return "", err
		}
		return subscribing(followTalk, map[string]string{"g": made.StartGeneration.Generation.ID}), nil
	}, nil
}
