package llmtest

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/core/llm"
)

const (
	// streams is how many altered streams an adapter reads.
	streams = 1000
	// patience bounds the silence where none is meant: the machine may have other things to do.
	patience = time.Minute
)

// anyByte reads an answer that comes in pieces cut at any byte, with lines between that say nothing, and sometimes breaks off
// at any byte: what is read is the answer or a beginning of it, and the end is only taken for one where it is.
func anyByte(t *testing.T, open Open) {
	words := []string{"Grüße ", "an ", "die ", "世界", " – ", "🎉🎊 ", "e\u0301\u0323 ", "\u202eright\u202c ", "\\n \" ' ", "tab\t", "end\n"}
	mangle(t, open, append([]llmtwin.Step{{Reasoning: "hm"}}, said(words...)...), strings.Join(words, ""))
}

// callsAtAnyByte does the same with two calls whose parts alternate, and text around them.
func callsAtAnyByte(t *testing.T, open Open) {
	one := llm.Call{ID: "one", Name: "look_up", Arguments: `{"wort":"Grüße 世界 🎉","zitat":"\"<\u00e9>\" \\ \n","n":[1,-2.5e3,{}]}`}
	two := llm.Call{ID: "two", Name: "look-up", Arguments: `{"half": "` + strings.Repeat("ü🎊", 9)}
	steps := append(said("be", "fore "), alternating(llmtwin.Pieces(0, one, 7), llmtwin.Pieces(1, two, 5))...)
	mangle(t, open, append(steps, said("after")...), "before after", one, two)
}

// alternating is the steps of both in turn.
func alternating(a, b []llmtwin.Step) (out []llmtwin.Step) {
	for i := range max(len(a), len(b)) {
		if i < len(a) {
			out = append(out, a[i])
		}
		if i < len(b) {
			out = append(out, b[i])
		}
	}
	return out
}

func mangle(t *testing.T, open Open, steps []llmtwin.Step, text string, calls ...llm.Call) {
	want := llm.Stop
	if len(calls) > 0 {
		want = llm.Called
	}
	dice := rand.New(rand.NewPCG(20, 28)) // the same streams every time
	m := &mangler{dice: dice}
	s := setFor(t, open, script(llmtwin.Script{Steps: steps}), func(h http.Handler) http.Handler { m.base = h; return m }, patience, body)
	wholes, parts := 0, 0
	for i := range streams {
		a := s.ask(t.Context(), request())
		switch {
		case a.Err == nil:
			wholes++
			if a.Text != text || a.Out.Reason != want || !slices.Equal(a.Calls, calls) {
				t.Fatalf("stream %d: %+v", i, a)
			}
		case kindOf(a.Err) != llm.Unavailable && kindOf(a.Err) != llm.Corrupt || !strings.HasPrefix(text, a.Text) || !beginnings(a.Calls, calls):
			t.Fatalf("stream %d: %+v", i, a)
		default:
			parts++
		}
		cut, ended := m.last()
		if cut && a.Err == nil && !ended {
			t.Fatalf("stream %d was taken for whole and was cut", i)
		}
		if !cut && a.Err != nil {
			t.Fatalf("stream %d was whole: %v", i, a.Err)
		}
	}
	if wholes < streams/10 || parts < streams/10 {
		t.Errorf("%d whole streams and %d cut ones prove little", wholes, parts)
	}
}

// beginnings reports whether calls are those of an answer as far as they came.
func beginnings(calls, of []llm.Call) bool {
	for i, c := range calls {
		if i >= len(of) || c.ID != of[i].ID || c.Name != of[i].Name || !strings.HasPrefix(of[i].Arguments, c.Arguments) {
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
	m.ended = strings.Contains(sent, "\"finish_reason\":\"") || strings.Contains(sent, "message_stop\"}\n")
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
