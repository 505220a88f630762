package tape

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/entgen/tape"
	"karnak/ent/entgen/tapestep"
	"karnak/internal/platform/store"
)

// After returns the steps of a tape with a number above after and at most until, at most limit. Who asks has been looked at.
func (e *Engine) After(ctx context.Context, workspaceID, id string, after, until int64, limit int) ([]*Step, error) {
	rows, err := e.DB.Client().TapeStep.Query().
		Where(tapestep.WorkspaceID(workspaceID), tapestep.TapeID(id), tapestep.SeqGT(after), tapestep.SeqLTE(until)).
		Order(entgen.Asc(tapestep.FieldSeq)).Limit(limit).All(authz.System(ctx, "tape: read steps"))
	out := make([]*Step, len(rows))
	for i, r := range rows {
		out[i] = &Step{TapeID: id, WorkspaceID: workspaceID, Seq: r.Seq, Kind: r.Kind, At: r.RecordedAt, Data: r.Data, LogSeq: r.LogSeq, Cursor: e.Cursor(id, r.Seq)}
	}
	return out, err
}

// topic is the live end of one tape in this node's memory, shared by those who follow it.
type topic struct {
	mu      sync.Mutex
	ring    []*Step // contiguous, the last one is number last where there is one
	last    int64
	size    int
	ended   bool
	changed chan struct{} // closed and made anew when it grows
	readers int
}

const (
	ringSteps = 512
	ringBytes = 512 << 10
	page      = 200
)

// take takes steps in that come after those that are there.
func (t *topic) take(steps []*Step, end bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	grown := end && !t.ended
	t.ended = t.ended || end
	for _, s := range steps {
		if s.Seq <= t.last {
			continue
		}
		if s.Seq != t.last+1 {
			t.ring, t.size = nil, 0
		}
		t.ring, t.last, t.size, grown = append(t.ring, s), s.Seq, t.size+len(s.Data), true
	}
	for len(t.ring) > ringSteps || t.size > ringBytes && len(t.ring) > 1 {
		t.size -= len(t.ring[0].Data)
		t.ring[0] = nil
		t.ring = t.ring[1:]
	}
	if grown {
		t.wake()
	}
}

// reach takes note that the tape goes so far.
func (t *topic) reach(seq int64, ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if seq <= t.last && ended == t.ended {
		return
	}
	if seq > t.last {
		t.ring, t.size, t.last = nil, 0, seq
	}
	t.ended = t.ended || ended
	t.wake()
}

func (t *topic) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// since returns the steps after a number that memory has, how far the tape goes, whether it has ended, and what tells that it
// grew.
func (t *topic) since(pos int64) (steps []*Step, last int64, ended bool, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if first := t.last - int64(len(t.ring)) + 1; pos < t.last && pos+1 >= first {
		steps = append(steps, t.ring[pos+1-first:]...)
	}
	return steps, t.last, t.ended, t.changed
}

func (e *Engine) topic(id string) *topic {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.topics[id]
}

func (e *Engine) give(id string, steps []*Step, end bool) {
	if t := e.topic(id); t != nil {
		t.take(steps, end)
	}
}

func (e *Engine) grown(id string, seq int64, ended bool) {
	if t := e.topic(id); t != nil {
		t.reach(seq, ended)
	}
}

// acquire returns the topic of a tape, and asks the database how far it goes.
func (e *Engine) acquire(ctx context.Context, id string) (*topic, error) {
	e.mu.Lock()
	t := e.topics[id]
	if t == nil {
		t = &topic{changed: make(chan struct{})}
		e.topics[id] = t
	}
	t.readers++
	e.mu.Unlock()
	// What is committed from here on is given to the topic; what was before, the row says.
	row, err := e.DB.Client().Tape.Query().Where(tape.ID(id)).Only(authz.System(ctx, "tape: look how far it goes"))
	if err != nil {
		e.release(id, t)
		return nil, err
	}
	t.reach(row.Seq, row.LeaseUntil == nil)
	return t, nil
}

func (e *Engine) release(id string, t *topic) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t.readers--; t.readers == 0 {
		delete(e.topics, id)
	}
}

// compare looks how far the tapes go that are followed here: a hint may have been lost.
func (e *Engine) compare() {
	e.mu.Lock()
	ids := make([]string, 0, len(e.topics))
	for id := range e.topics {
		ids = append(ids, id)
	}
	e.mu.Unlock()
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(authz.System(context.Background(), "tape: look how far they go"), within)
	defer cancel()
	rows, err := e.DB.Client().Tape.Query().Where(store.In(tape.FieldID, ids)).All(ctx)
	if err != nil {
		e.Logger.Warn("how far the tapes go could not be read", "error", err)
		return
	}
	for _, r := range rows {
		e.grown(r.ID, r.Seq, r.LeaseUntil == nil)
	}
}

const (
	subject   = "tape."
	stepped   = subject + "step."
	halted    = subject + "halt."
	hintBytes = 64 << 10
)

// hint is what nodes tell each other: the steps when they are small, else how far the tape goes.
type hint struct {
	Node  string  `json:"node"`
	Seq   int64   `json:"seq"`
	End   bool    `json:"end,omitempty"`
	Steps []*Step `json:"steps,omitempty"`
}

func (e *Engine) hint(id string, m hint) {
	if e.Alone {
		return
	}
	b, err := json.Marshal(m)
	if err == nil && len(b) > hintBytes {
		m.Steps = nil
		b, err = json.Marshal(m)
	}
	if err == nil {
		err = e.Bus.Publish(stepped+id, b)
	}
	if err != nil {
		e.Logger.Debug("a hint was not sent; the other nodes will read the database", "error", err)
	}
}

// halt tells who holds a tape to stop, here or elsewhere.
func (e *Engine) halt(id string) {
	if e.halted(id) {
		return
	}
	if err := e.Bus.Publish(halted+id, nil); err != nil {
		e.Logger.Debug("a hint was not sent; whoever holds the tape will see it in the database", "error", err)
	}
}

func (e *Engine) halted(id string) bool {
	e.mu.Lock()
	h := e.held[id]
	e.mu.Unlock()
	if h != nil {
		h.stop()
	}
	return h != nil
}

// heard takes a hint of another node.
func (e *Engine) heard(name string, payload []byte) {
	if id, ok := strings.CutPrefix(name, halted); ok {
		e.halted(id)
		return
	}
	id := strings.TrimPrefix(name, stepped)
	t := e.topic(id)
	if t == nil {
		return
	}
	var m hint
	if json.Unmarshal(payload, &m) != nil || m.Node == e.Node {
		return
	}
	for _, s := range m.Steps {
		if s == nil || s.TapeID != id {
			return
		}
		s.Cursor = e.Cursor(id, s.Seq)
	}
	if len(m.Steps) > 0 {
		t.take(m.Steps, m.End)
		return
	}
	t.reach(m.Seq, m.End)
}
