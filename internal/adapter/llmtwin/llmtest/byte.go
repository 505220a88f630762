package llmtest

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/core/llm"
)

// streams is how many altered streams an adapter reads.
const streams = 1000

// anyByte reads an answer that comes in pieces cut at any byte, with lines between that say nothing, and sometimes breaks off
// at any byte: what is read is the answer or a beginning of it, and the end is only taken for one where it is.
func anyByte(t *testing.T, open Open) {
	words := []string{"Grüße ", "an ", "die ", "世界", " – ", "🎉🎊 ", "e\u0301\u0323 ", "\u202eright\u202c ", "\\n \" ' ", "tab\t", "end\n"}
	text := strings.Join(words, "")
	calls := []llm.Call{{ID: "call_a", Name: "first", Arguments: `{"q":"世界 🎉 \\n \" é","n":[1,2,3]}`}, {ID: "call_b", Name: "second_one", Arguments: `{}`}}
	var called []llmtwin.Step
	for i, c := range calls {
		called = append(called, llmtwin.Calls(c, i, 0)...)
	}
	dice := rand.New(rand.NewPCG(20, 28)) // the same streams every time
	m := &mangler{dice: dice}
	s := set(t, open, script(llmtwin.Script{Steps: append([]llmtwin.Step{{Reasoning: "hm"}}, append(said(words...), called...)...)}), func(h http.Handler) http.Handler { m.base = h; return m })
	wholes, parts := 0, 0
	for i := range streams {
		a := s.ask(t.Context(), request())
		switch {
		case a.err == nil:
			wholes++
			if a.text != text || a.out.Reason != llm.Called || !reflect.DeepEqual(a.calls, calls) {
				t.Fatalf("stream %d: %+v", i, a)
			}
		case kindOf(a.err) != llm.Unavailable && kindOf(a.err) != llm.Corrupt || !strings.HasPrefix(text, a.text) || !begun(calls, a.calls):
			t.Fatalf("stream %d: %+v", i, a)
		default:
			parts++
		}
		cut, ended := m.last()
		if cut && a.err == nil && !ended {
			t.Fatalf("stream %d was taken for whole and was cut", i)
		}
		if !cut && a.err != nil {
			t.Fatalf("stream %d was whole: %v", i, a.err)
		}
	}
	if wholes < streams/10 || parts < streams/10 {
		t.Errorf("%d whole streams and %d cut ones prove little", wholes, parts)
	}
}

// begun reports whether what came of calls is a beginning of them.
func begun(whole, came []llm.Call) bool {
	for i, c := range came {
		if i >= len(whole) || c.ID != whole[i].ID || c.Name != whole[i].Name || !strings.HasPrefix(whole[i].Arguments, c.Arguments) {
			return false
		}
	}
	return true
}

// mangler sends what a handler answers in pieces.
type mangler struct {
	base http.Handler
	dice *rand.Rand
	mu   sync.Mutex
	// What became of the last one: whether it was cut, and whether its end had been told by then.
	cut, ended bool
}

func (m *mangler) last() (cut, ended bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cut, m.ended
}

// ServeHTTP answers.
func (m *mangler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rec := httptest.NewRecorder()
	m.base.ServeHTTP(rec, r)
	out := m.noise(rec.Body.Bytes())
	if m.cut = m.dice.IntN(2) == 0; m.cut {
		out = out[:m.dice.IntN(len(out))]
	}
	sent := strings.ReplaceAll(string(out), "\r", "")
	m.ended = strings.Contains(sent, "\"finish_reason\":\"tool_calls\"") && strings.Contains(sent, "\n\n") || strings.Contains(sent, "message_stop\"}\n")
	flush := http.NewResponseController(w)
	for rest := out; len(rest) > 0; {
		n := min(len(rest), 1+m.dice.IntN(40))
		_, _ = w.Write(rest[:n])
		_ = flush.Flush()
		rest = rest[n:]
	}
	if m.cut && m.dice.IntN(2) == 0 {
		panic(http.ErrAbortHandler) // how a handler of net/http breaks a connection off
	}
}

// noise puts lines between the events that say nothing, and ends some lines in another way.
func (m *mangler) noise(b []byte) []byte {
	var out strings.Builder
	for _, event := range strings.SplitAfter(string(b), "\n\n") {
		if m.dice.IntN(4) == 0 {
			out.WriteString(": nothing\n\n")
		}
		if m.dice.IntN(4) == 0 {
			event = strings.ReplaceAll(event, "\n", "\r\n")
		}
		out.WriteString(event)
	}
	return []byte(out.String())
}
