package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"karnak/internal/platform/fault"
)

func newProtocol(limit int) *protocol {
	return &protocol{limit: limit, active: map[string]*operation{}}
}

func TestProtocolBoundsCancelledOperations(t *testing.T) {
	t.Parallel()
	p := newProtocol(2)
	p.phase = phaseReady
	sub := func(id string) (step, *operation, error) { return p.receive(message{kind: typeSubscribe, id: id}) }
	for i := range 4 {
		id := fmt.Sprint(i)
		if s, _, err := sub(id); s != stepStart || err != nil {
			t.Fatalf("operation %d: %v %v", i, s, err)
		}
		// Completed by the client, but its goroutine still works.
		if s, op, _ := p.receive(message{kind: typeComplete, id: id}); s != stepStop || op.id != id {
			t.Fatalf("complete %d: %v", i, s)
		}
	}
	if s, _, err := sub("x"); s != stepRefuse || fault.CodeOf(err) != fault.Throttled {
		t.Errorf("%v %v", s, err)
	}
	p.ended(newOperation("0"))
	if s, _, err := sub("x"); s != stepStart || err != nil {
		t.Errorf("%v %v", s, err)
	}
}

func TestProtocolOldOperationKeepsOffNewOne(t *testing.T) {
	t.Parallel()
	p := newProtocol(9)
	p.phase = phaseReady
	_, old, _ := p.receive(message{kind: typeSubscribe, id: "a"})
	p.receive(message{kind: typeComplete, id: "a"})
	_, young, _ := p.receive(message{kind: typeSubscribe, id: "a"})
	p.ended(old)
	if p.holds(old) || !p.holds(young) {
		t.Error("the end of an old operation took the id from a new one")
	}
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	a, b := newOperation("a"), newOperation("b")
	o := outbox{maxFrames: 3, maxBytes: 10}
	put := func(op *operation, text string) {
		data := []byte(text)
		o.put(frame{op: op, data: &data})
	}
	if o.full(99) {
		t.Error("an empty outbox is full")
	}
	put(a, "1234")
	put(b, "123456")
	if !o.full(1) || o.full(0) {
		t.Error("bytes are not counted")
	}
	o.drop(b)
	put(a, "5")
	put(nil, "6")
	if !o.full(0) {
		t.Error("messages are not counted")
	}
	o.drop(a)
	f, ok := o.take()
	if _, more := o.take(); !ok || string(*f.data) != "6" || more || o.bytes != 0 {
		t.Errorf("%v, %d bytes left", ok, o.bytes)
	}
	put(a, "1")
	o.clear()
	if _, ok := o.take(); ok || o.bytes != 0 {
		t.Error("not cleared")
	}
}

func TestMessagesToClients(t *testing.T) {
	t.Parallel()
	id := quote("a\"<\n")
	list := gqlerror.List{nil, {Message: "bad\xff", Path: nil, Extensions: map[string]any{"code": "X", "f": func() {}}}}
	for want, got := range map[string][]byte{
		`{"type":"connection_ack"}`:                                     appendAck(nil, nil),
		`{"type":"connection_ack","payload":{}}`:                        appendAck(nil, []byte(`{}`)),
		`{"type":"pong","payload":{"a":1}}`:                             appendPong(nil, []byte(`{"a":1}`)),
		`{"id":"a\"\u003c\n","type":"complete"}`:                        appendComplete(nil, id),
		`{"id":"a\"\u003c\n","type":"next","payload":{"data":{"a":1}}}`: appendNext(nil, id, &graphql.Response{Data: []byte(`{"a":1}`)}),
		`{"id":"a\"\u003c\n","type":"next","payload":{"data":null,"extensions":{"x":1}}}`: appendNext(nil, id,
			&graphql.Response{Extensions: map[string]any{"x": 1}}),
		`{"id":"a\"\u003c\n","type":"error","payload":[{"message":"bad�","extensions":{"code":"X"}}]}`: appendError(nil, id, list),
	} {
		if string(got) != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

func TestErrorsAreBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		message    string
		count, out int
	}{
		"as many as allowed": {"m", 20, 20},
		"one too many":       {"m", 21, 20},
		"long":               {strings.Repeat("ä", 10_000), 9, 6},
		"control characters": {strings.Repeat("\x01", 10_000), 9, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := make(gqlerror.List, c.count)
			for i := range list {
				list[i] = &gqlerror.Error{Message: c.message, Extensions: map[string]any{"code": "X", "requestId": "req_1"}}
			}
			b, omitted := appendErrors(nil, list)
			var back []struct {
				Extensions struct{ Code, RequestID string }
			}
			if err := json.Unmarshal(b, &back); err != nil {
				t.Fatal(err)
			}
			if len(b) > 8<<10 || len(back) != c.out || omitted != c.count-c.out || back[0].Extensions.Code != "X" || back[0].Extensions.RequestID != "req_1" {
				t.Errorf("%d bytes, %d errors, %d left out: %.300s", len(b), len(back), omitted, b)
			}
		})
	}
}

// FuzzFrames feeds lines as frames of one client and holds the protocol to what it promises.
func FuzzFrames(f *testing.F) {
	for _, s := range []string{
		`{"type":"connection_init"}` + "\n" + subTicks + "\n" + subTicks,
		`{"type":"connection_init","payload":{"a":1}}` + "\n" + subTicks + "\n" + `{"type":"complete","id":"a"}` + "\n" + subTicks,
		`{"type":"ping","payload":{}}` + "\n" + `{"type":"pong"}` + "\n" + `{"type":"connection_init"}` + "\n" + `{"type":"connection_init"}`,
		subTicks, `{"type":"next","id":"a"}`, `[]`, "\xff", `{"type":"subscribe","id":"a","payload":{"query":1}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 2
		p := newProtocol(limit)
		inits := 0
		for _, line := range bytes.Split(in, []byte{'\n'}) {
			m, err := decodeMessage(line, 32)
			if err != nil {
				wantCode(t, err, CloseBadMessage)
				return
			}
			if !json.Valid(line) || m.payload != nil && !json.Valid(m.payload) {
				t.Fatalf("%q is taken for a message", line)
			}
			before := len(p.active)
			what, op, err := p.receive(m)
			switch {
			case what == stepInit:
				if inits++; inits > 1 {
					t.Fatal("a second init is taken")
				}
				p.acknowledge()
			case what == stepStart:
				if inits == 0 || op == nil || op.id != m.id || !p.holds(op) || m.params == nil || err != nil {
					t.Fatalf("started after %d inits: %+v", inits, op)
				}
			case what == stepStop:
				if p.holds(op) || len(p.active) != before-1 {
					t.Fatal("stopped, and still active")
				}
				p.ended(op)
			case what == stepRefuse:
				if before < limit || err == nil {
					t.Fatalf("refused with %d active: %v", before, err)
				}
			case err != nil:
				wantCode(t, err, CloseUnauthorized, CloseDuplicate, CloseSecondInit)
				return
			}
			if len(p.active) > limit || p.running != len(p.active) {
				t.Fatalf("%d active, %d running", len(p.active), p.running)
			}
		}
	})
}

func wantCode(t *testing.T, err error, codes ...int) {
	var c *CloseError
	if !errors.As(err, &c) || len(c.Reason) > maxReason || !utf8.ValidString(c.Reason) {
		t.Fatalf("ended with %v", err)
	}
	for _, code := range codes {
		if c.Code == code {
			return
		}
	}
	t.Fatalf("ended with %v", err)
}
