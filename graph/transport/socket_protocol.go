package transport

import (
	"karnak/internal/platform/fault"
)

// protocol is the server's side of graphql-transport-ws on one connection: which message leads to what. It does no input or
// output and is not safe for concurrent use.
type protocol struct {
	// limit is how many operations may be active.
	limit int
	phase phase
	// draining: what runs may end, nothing new begins.
	draining bool
	// active has the operations whose ids are taken; running counts those that still work, the cancelled ones among them.
	active  map[string]*operation
	running int
}

type phase int

const (
	phaseNew phase = iota
	phaseInit
	phaseReady
)

// step is what to do about a message.
type step int

const (
	stepNothing step = iota
	// stepInit: ask whether the session may connect, then call acknowledge.
	stepInit
	// stepStart: begin the operation.
	stepStart
	// stepStop: cancel the operation, which is no longer active.
	stepStop
	// stepPong: answer the ping.
	stepPong
	// stepRefuse: answer the subscribe with the error; the connection lives.
	stepRefuse
)

// receive takes a message. The operation is the one to start or to stop. A *CloseError ends the connection; any other error
// belongs to stepRefuse.
func (p *protocol) receive(m message) (step, *operation, error) {
	switch m.kind {
	case typeInit:
		if p.phase != phaseNew {
			return stepNothing, nil, closing(CloseSecondInit, "Too many initialisation requests")
		}
		p.phase = phaseInit
		return stepInit, nil, nil
	case typePing:
		return stepPong, nil, nil
	case typeSubscribe:
		return p.subscribe(m)
	case typeComplete:
		op := p.active[m.id]
		if op == nil {
			return stepNothing, nil, nil
		}
		delete(p.active, m.id)
		op.held = false
		return stepStop, op, nil
	default:
		return stepNothing, nil, nil
	}
}

func (p *protocol) subscribe(m message) (step, *operation, error) {
	switch {
	case p.phase != phaseReady:
		return stepNothing, nil, closing(CloseUnauthorized, "Unauthorized")
	case p.active[m.id] != nil:
		return stepNothing, nil, closing(CloseDuplicate, "Subscriber for %s already exists", m.id)
	case p.draining:
		return stepRefuse, nil, fault.New(fault.Unavailable, "The server is shutting down.")
	// Cancelled operations need a moment to end; without this bound a client could pile them up.
	case len(p.active) >= p.limit, p.running >= 2*p.limit:
		return stepRefuse, nil, fault.New(fault.Throttled, "A connection carries at most %d operations at a time.", p.limit)
	}
	op := newOperation(m.id)
	p.active[m.id] = op
	op.held = true
	p.running++
	return stepStart, op, nil
}

// acknowledge allows operations from here on.
func (p *protocol) acknowledge() { p.phase = phaseReady }

// holds reports whether the operation may still send.
func (p *protocol) holds(op *operation) bool { return op.held }

// release gives the operation's id back.
func (p *protocol) release(op *operation) {
	if p.holds(op) {
		delete(p.active, op.id)
		op.held = false
	}
}

// ended notes that an operation no longer works.
func (p *protocol) ended(op *operation) {
	p.release(op)
	p.running--
}
