package llm

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Tool is what a model may call.
type Tool struct {
	// Name has letters, digits, underscores and hyphens, 64 of them at the most.
	Name, Description string
	// Input is the JSON Schema of the arguments, which are an object; nothing stands for any object.
	Input json.RawMessage
}

// Call is a call of a tool that a model asked for.
type Call struct {
	// ID tells it from all others of the conversation.
	ID, Name string
	// Arguments are as the model wrote them, which may be no JSON; {} where it wrote none.
	Arguments string
}

// Result is what a model is told of a call.
type Result struct {
	CallID, Name, Text string
	Failed             bool
}

// CallPart is a part of a call.
type CallPart struct {
	// Index counts the calls of an answer from 0, in the order in which they begin; their parts may alternate.
	Index int
	// ID and Name come whole with a call's first part, and with that alone; Arguments come in pieces.
	ID, Name, Arguments string
}

// What an answer may call.
const (
	MostCalls = 32
	// MostArguments bounds the arguments of all its calls in bytes.
	MostArguments = 1 << 20
)

var toolName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// anything is the schema of any object.
const anything = `{"type":"object","properties":{}}`

// Schema is the schema of the arguments.
func (t Tool) Schema() json.RawMessage {
	if len(t.Input) == 0 {
		return json.RawMessage(anything)
	}
	return t.Input
}

// Check refuses tools that no provider takes: it is the fault of who asks.
func (r Request) Check() error {
	seen := map[string]bool{}
	for _, t := range r.Tools {
		switch {
		case !toolName.MatchString(t.Name) || seen[t.Name]:
			return Failed(Internal, fmt.Errorf("%q is no name of a tool, or that of two", t.Name))
		case !Object(string(t.Schema())):
			return Failed(Internal, fmt.Errorf("the schema of the tool %s is no object", t.Name))
		}
		seen[t.Name] = true
	}
	return nil
}

// Object reports whether a text is an object in JSON.
func Object(text string) bool {
	return strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") && json.Valid([]byte(text))
}

// failed and nothing are told to models whose protocol has no word for them.
const (
	failed  = "The call failed: "
	nothing = "(It answered nothing.)"
)

// Told is the result in one text, for protocols that have nothing but that.
func (r Result) Told() string {
	switch {
	case r.Failed:
		return failed + r.Text
	case r.Text == "":
		return nothing
	}
	return r.Text
}

// Heard finds in a text what was told by it.
func Heard(told string) (text string, bad bool) {
	if told == nothing {
		return "", false
	}
	return strings.CutPrefix(told, failed)
}
