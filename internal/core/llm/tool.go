package llm

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Tool is something that a model may have done.
type Tool struct {
	Name, Description string
	// Input says what it takes, as JSON Schema.
	Input json.RawMessage
}

// Call is what a model wants done. Arguments are as the model wrote them; they may be no JSON.
type Call struct{ ID, Name, Arguments string }

// Result is what a model is told of a call.
type Result struct {
	CallID, Name, Text string
	Failed             bool
}

// CallPart is a part of a call. Index counts the calls of an answer from 0; ID and Name come whole with the first part of each,
// Arguments in pieces.
type CallPart struct {
	Index               int
	ID, Name, Arguments string
}

// What an answer may call.
const (
	mostCalls     = 32
	mostArguments = 1 << 20
)

var toolName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Calling reads the calls of one answer, for adapters. The zero value is ready.
type Calling struct {
	names []string
	bytes int
}

// Any reports whether anything was called.
func (c *Calling) Any() bool { return len(c.names) > 0 }

// Last is the index of the newest call; -1 for none.
func (c *Calling) Last() int { return len(c.names) - 1 }

// Begin begins the next call. An id is made up where the provider gives none.
func (c *Calling) Begin(id, name string) (*CallPart, error) {
	switch {
	case len(c.names) == mostCalls:
		return nil, Failed(Corrupt, fmt.Errorf("an answer calls more than %d tools", mostCalls))
	case !toolName.MatchString(name):
		return nil, Failed(Corrupt, errors.New("a call has no name that a tool can have"))
	case id == "" || len(id) > 200 || strings.ContainsRune(id, 0):
		id = fmt.Sprintf("call_%d", len(c.names))
	}
	c.names = append(c.names, name)
	return &CallPart{Index: len(c.names) - 1, ID: id, Name: name}, nil
}

// More takes a piece of the arguments of a call; nil for nothing.
func (c *Calling) More(index int, text string) (*CallPart, error) {
	if index < 0 || index >= len(c.names) {
		return nil, Failed(Corrupt, errors.New("arguments of a call that was not begun"))
	}
	if c.bytes += len(text); c.bytes > mostArguments {
		return nil, Failed(Corrupt, fmt.Errorf("the arguments of calls have more than %d bytes", mostArguments))
	}
	if text = strings.ReplaceAll(text, "\x00", ""); text == "" {
		return nil, nil
	}
	return &CallPart{Index: index, Arguments: text}, nil
}

// Ended is why an answer ended, by what was called: some providers say of one that calls tools that the model has said all.
func (c *Calling) Ended(r Reason) Reason {
	switch {
	case r == Stop && c.Any():
		return Called
	case r == Called && !c.Any():
		return Stop
	}
	return r
}
