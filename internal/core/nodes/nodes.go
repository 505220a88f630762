// Package nodes knows which nodes an installation has and asks all of them at once, over the bus. Which there are it knows by
// presence: one that died is forgotten after the life of its lease.
//
// It owns no table and knows no domain.
package nodes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"karnak/internal/core/presence"
	"karnak/internal/platform/bus"
	"karnak/internal/platform/clock"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/id"
)

// Config is what a Ring stands on.
type Config struct {
	Bus      bus.Bus
	Clock    clock.Clock
	Presence *presence.Hub
	// Node is the name of this one.
	Node string
	// Alone says that there can be no other.
	Alone bool
}

// Ring is the nodes of an installation. It is safe for concurrent use.
type Ring struct {
	Config
	mu      sync.Mutex
	answers map[string]Answer
	waiting map[string]chan reply
	cancel  []func()
}

// Answer answers a question of another node, or of this one. It must not block for long.
type Answer func(question []byte) ([]byte, error)

const (
	subject = "nodes."
	place   = "nodes"
	// patience is how long a node may take to answer.
	patience = 2 * time.Second
	// settling is how long those are waited for whom this node does not know yet: for a beat after the bus has joined them.
	settling = 150 * time.Millisecond
	// chunkBytes is how much of an answer a message of the bus carries.
	chunkBytes = 128 << 10
)

// New makes this node one of the ring. Close takes it out.
func New(c Config) (*Ring, error) {
	if c.Bus == nil || c.Clock == nil || c.Presence == nil || c.Node == "" {
		return nil, errors.New("nodes: Bus, Clock, Presence and Node are needed")
	}
	r := &Ring{Config: c, answers: map[string]Answer{}, waiting: map[string]chan reply{}}
	for pattern, handle := range map[string]func(string, []byte){subject + "ask.*": r.asked, subject + "reply." + c.Node: r.replied} {
		cancel, err := c.Bus.Subscribe(pattern, handle)
		if err != nil {
			r.Close()
			return nil, err
		}
		r.cancel = append(r.cancel, cancel)
	}
	r.cancel = append(r.cancel, c.Presence.Enter(place, c.Node))
	return r, nil
}

// Close takes this node out of the ring.
func (r *Ring) Close() {
	for _, cancel := range r.cancel {
		cancel()
	}
}

// Answer says how this node answers a question; topic is a word.
func (r *Ring) Answer(topic string, a Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[topic] = a
}

// question and reply are messages of the bus.
type question struct {
	ID      string `json:"id"`
	From    string `json:"from"`
	Content []byte `json:"content"`
}

type reply struct {
	ID   string `json:"id"`
	From string `json:"from"`
	// Part of Parts, from 0.
	Part    int    `json:"part"`
	Parts   int    `json:"parts"`
	Failed  bool   `json:"failed,omitempty"`
	Content []byte `json:"content"`
}

// Ask asks every node, this one too, and returns what they answered, by node. It is UNAVAILABLE when one does not, or fails,
// and returns what the others answered all the same.
func (r *Ring) Ask(ctx context.Context, topic string, content []byte) (map[string][]byte, error) {
	q := question{ID: id.New(id.Request), From: r.Node, Content: content}
	b, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	wanted := r.Presence.Present(place)
	ch := make(chan reply, 1024)
	r.mu.Lock()
	r.waiting[q.ID] = ch
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.waiting, q.ID)
		r.mu.Unlock()
	}()
	if err := r.Bus.Publish(subject+"ask."+topic, b); err != nil {
		return nil, err
	}
	return r.gather(ctx, ch, wanted)
}

func (r *Ring) gather(ctx context.Context, ch <-chan reply, wanted []string) (map[string][]byte, error) {
	out, parts := map[string][]byte{}, map[string]int{}
	late, settled := r.Clock.After(patience), r.Alone
	var soon <-chan time.Time
	if !settled {
		soon = r.Clock.After(settling)
	}
	whole := func() map[string][]byte {
		maps.DeleteFunc(out, func(n string, _ []byte) bool { return parts[n] > 0 })
		return out
	}
	missing := func() []string {
		return slices.DeleteFunc(slices.Clone(wanted), func(n string) bool { _, ok := out[n]; return ok && parts[n] == 0 })
	}
	var failed error
	for !settled || len(missing()) > 0 {
		select {
		case <-soon:
			settled = true
		case a := <-ch:
			switch {
			case a.Failed:
				failed = fault.New(fault.Unavailable, "The node %s could not answer: try again.", a.From)
				wanted = slices.DeleteFunc(slices.Clone(wanted), func(n string) bool { return n == a.From })
			case a.Part == 0:
				out[a.From], parts[a.From] = a.Content, a.Parts-1
			case parts[a.From] == a.Parts-a.Part:
				out[a.From] = append(out[a.From], a.Content...)
				parts[a.From]--
			}
		case <-late:
			return whole(), fault.New(fault.Unavailable, "No answer from the node %s: try again in some seconds.", strings.Join(missing(), " and "))
		case <-ctx.Done():
			return whole(), ctx.Err()
		}
	}
	return whole(), failed
}

// asked answers, away from the bus.
func (r *Ring) asked(name string, payload []byte) {
	var q question
	if json.Unmarshal(payload, &q) != nil || q.ID == "" || q.From == "" {
		return
	}
	r.mu.Lock()
	answer := r.answers[strings.TrimPrefix(name, subject+"ask.")]
	r.mu.Unlock()
	if answer == nil {
		return
	}
	go func() {
		content, err := run(answer, q.Content)
		r.reply(&q, content, err)
	}()
}

func run(answer Answer, content []byte) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("nodes: panic in an answer: %v", p)
		}
	}()
	return answer(content)
}

func (r *Ring) reply(q *question, content []byte, err error) {
	a := reply{ID: q.ID, From: r.Node, Parts: max(1, (len(content)+chunkBytes-1)/chunkBytes), Failed: err != nil}
	for ; a.Part < a.Parts; a.Part++ {
		a.Content = content[a.Part*chunkBytes : min((a.Part+1)*chunkBytes, len(content))]
		if b, err := json.Marshal(a); err == nil {
			_ = r.Bus.Publish(subject+"reply."+q.From, b) // who asked notices that it is missing
		}
	}
}

func (r *Ring) replied(_ string, payload []byte) {
	var a reply
	if json.Unmarshal(payload, &a) != nil || a.Parts < 1 {
		return
	}
	r.mu.Lock()
	ch := r.waiting[a.ID]
	r.mu.Unlock()
	select {
	case ch <- a:
	default: // nobody waits any more, or cannot take it: it is missing then
	}
}
