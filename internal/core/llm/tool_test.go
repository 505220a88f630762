package llm_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"karnak/internal/core/llm"
)

func TestEstimates(t *testing.T) {
	t.Parallel()
	eight := "12345678" // two tokens
	r := llm.Request{
		Instructions: eight,
		Turns: []llm.Turn{
			{Role: llm.User, Text: eight},
			{Role: llm.Assistant, Text: eight, Calls: []llm.Call{{ID: "a", Name: eight, Arguments: eight}, {ID: "b", Name: eight, Arguments: "{}"}}},
			{Role: llm.User, Results: []llm.Result{{CallID: "a", Name: eight, Text: eight}, {CallID: "b", Name: eight, Text: eight}}},
		},
	}
	if n := r.Estimate(); n != 2+2+2+4+3+4 {
		t.Errorf("%d tokens", n)
	}
	bare := r.Estimate()
	r.Tools = []llm.Tool{{Name: eight, Description: eight, Input: json.RawMessage(`{"a": 1}`)}}
	if n := r.Estimate() - bare; n != 6 {
		t.Errorf("the tool has %d tokens", n)
	}
	bare = r.Estimate()
	r.Kept = eight
	if n := r.Estimate() - bare; n != 2+llm.Estimate(llm.GoOn) {
		t.Errorf("what is kept has %d tokens", n)
	}
}

func TestToldResults(t *testing.T) {
	t.Parallel()
	told := map[string]llm.Result{}
	for _, r := range []llm.Result{{}, {Text: "x"}, {Text: "x", Failed: true}, {Failed: true}, {Text: " "}} {
		text, failed := llm.Heard(r.Told())
		if text != r.Text || failed != r.Failed {
			t.Errorf("%+v is heard as %q, %v", r, text, failed)
		}
		if other, ok := told[r.Told()]; ok || r.Told() == "" {
			t.Errorf("%+v is told as %+v: %q", r, other, r.Told())
		}
		told[r.Told()] = r
	}
}

func TestObjects(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"{}": true, " \n{\"a\":[1]}\t": true, "": false, "[]": false, "{": false, "{}{}": false, "null": false, "1": false, `"{}"`: false, strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000): false,
	} {
		if llm.Object(text) != want {
			t.Errorf("%.40q is an object: %v", text, !want)
		}
	}
}

func corrupt(err error) bool {
	var f *llm.Fault
	return errors.As(err, &f) && f.Kind == llm.Corrupt
}

// begin begins a call and adds to it.
func begin(t *testing.T, c *llm.Calling, id, name, arguments string) (n int, p *llm.CallPart) {
	t.Helper()
	n, err := c.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if p, err = c.Add(n, id, name, arguments); err != nil {
		t.Fatal(err)
	}
	return n, p
}

func TestCalling(t *testing.T) {
	t.Parallel()
	c := llm.NewCalling(llm.Request{Turns: []llm.Turn{{Calls: []llm.Call{{ID: "call00001"}}}}})
	first, p := begin(t, c, "a", "", "{")
	if p != nil {
		t.Errorf("a call without a name is handed on: %+v", p)
	}
	// The second one is named first, and so begins.
	second, p := begin(t, c, "a", "g", "")
	if want := (llm.CallPart{ID: "a", Name: "g"}); p == nil || *p != want {
		t.Errorf("the second one begins with %+v", p)
	}
	if _, _, err := c.End(llm.Stop); !corrupt(err) {
		t.Errorf("one has no name: %v", err)
	}
	if p, err := c.Add(first, "", "f", "}\x00"); err != nil || p == nil || *p != (llm.CallPart{Index: 1, ID: "call00002", Name: "f", Arguments: "{}"}) {
		t.Errorf("the first one begins with %+v, %v", p, err)
	}
	if p, err := c.Add(first, "b", "h", " "); err != nil || p == nil || *p != (llm.CallPart{Index: 1, Arguments: " "}) {
		t.Errorf("it goes on with %+v, %v", p, err)
	}
	if p, err := c.Add(second, "b", "h", "\x00"); err != nil || p != nil {
		t.Errorf("nothing more: %+v, %v", p, err)
	}
	if r, rest, err := c.End(llm.Length); err != nil || r != llm.Length || len(rest) > 0 {
		t.Errorf("cut off: %v %v %v", r, rest, err)
	}
	for i, want := range [][]llm.CallPart{{{Index: 0, Arguments: "{}"}}, nil} { // what was owed is handed on once
		r, rest, err := c.End(llm.Stop)
		if err != nil || r != llm.Called || !slices.EqualFunc(rest, want, func(a *llm.CallPart, b llm.CallPart) bool { return *a == b }) {
			t.Errorf("end %d: %v %v %v", i, r, rest, err)
		}
	}
}

func TestCallingHasBounds(t *testing.T) {
	t.Parallel()
	c := llm.NewCalling(llm.Request{})
	for range llm.MostCalls {
		begin(t, c, "", "f", "")
	}
	if _, err := c.Begin(); !corrupt(err) {
		t.Errorf("one more: %v", err)
	}
	// Also of calls that wait for their names.
	c = llm.NewCalling(llm.Request{})
	n, _ := begin(t, c, "", "", strings.Repeat("x", llm.MostArguments))
	if _, err := c.Add(n, "", "", "\x00"); err != nil {
		t.Errorf("nothing more: %v", err)
	}
	if _, err := c.Add(n, "", "f", "x"); !corrupt(err) {
		t.Errorf("a byte more: %v", err)
	}
	if r, rest, err := llm.NewCalling(llm.Request{}).End(llm.Stop); r != llm.Stop || rest != nil || err != nil {
		t.Errorf("no calls: %v %v %v", r, rest, err)
	}
}
