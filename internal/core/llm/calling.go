package llm

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Calling is the calls of one answer while an adapter reads them. It holds what comes to what the port promises, and makes up
// the ids that a provider leaves out.
type Calling struct {
	ids   map[string]bool
	calls []calling
	named int
	size  int
}

type calling struct {
	index int
	// id and arguments wait until the name is told, by which a call begins to be handed on.
	id           string
	arguments    []byte
	begun, wrote bool
}

// NewCalling returns the calls of a request's answer, of which there are none yet.
func NewCalling(r Request) *Calling {
	c := &Calling{ids: map[string]bool{}}
	for _, t := range r.Turns {
		for _, x := range t.Calls {
			c.ids[x.ID] = true
		}
	}
	return c
}

// Begin takes in that there is one call more, and returns its number.
func (c *Calling) Begin() (int, error) {
	if len(c.calls) == MostCalls {
		return 0, Failed(Corrupt, fmt.Errorf("an answer of more than %d calls", MostCalls))
	}
	c.calls = append(c.calls, calling{})
	return len(c.calls) - 1, nil
}

// Add takes in what came of a call, and returns what is to be handed on of it; nil for nothing. What is told of a name or an id
// once they were handed on is left out.
func (c *Calling) Add(n int, id, name, arguments string) (*CallPart, error) {
	x := &c.calls[n]
	arguments = strings.ReplaceAll(arguments, "\x00", "")
	if c.size += len(arguments); c.size > MostArguments {
		return nil, Failed(Corrupt, fmt.Errorf("calls with more than %d bytes of arguments", MostArguments))
	}
	x.wrote = x.wrote || arguments != ""
	if x.begun {
		if arguments == "" {
			return nil, nil
		}
		return &CallPart{Index: x.index, Arguments: arguments}, nil
	}
	x.arguments = append(x.arguments, arguments...)
	if id != "" {
		x.id = id
	}
	if name == "" {
		return nil, nil
	}
	return c.name(x, name)
}

// name begins to hand on a call.
func (c *Calling) name(x *calling, name string) (*CallPart, error) {
	if !toolName.MatchString(name) {
		return nil, Failed(Corrupt, fmt.Errorf("a call of %.100q, which is no name of a tool", name))
	}
	x.index, x.begun = c.named, true
	c.named++
	part := &CallPart{Index: x.index, ID: c.unique(x.id), Name: name, Arguments: string(x.arguments)}
	x.arguments = nil
	return part, nil
}

// callID is what every provider takes, so that each may go on for any other.
var callID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

// unique returns an id that no other call of the conversation has: the given one where it will do.
func (c *Calling) unique(id string) string {
	for n := len(c.ids); !callID.MatchString(id) || c.ids[id]; n++ {
		id = fmt.Sprintf("call%05d", n)
	}
	c.ids[id] = true
	return id
}

// End takes in why the answer ends, and returns why it does, and what is to be handed on before.
func (c *Calling) End(told Reason) (Reason, []*CallPart, error) {
	if c.named < len(c.calls) {
		return "", nil, Failed(Corrupt, errors.New("a call that never got a name"))
	}
	if told == Called && c.named == 0 {
		return "", nil, Failed(Corrupt, errors.New("the answer ended so that its calls be made, and has none"))
	}
	if c.named == 0 || told != Called && told != Stop {
		return told, nil, nil
	}
	var rest []*CallPart
	for i := range c.calls {
		if x := &c.calls[i]; !x.wrote {
			x.wrote = true
			rest = append(rest, &CallPart{Index: x.index, Arguments: "{}"})
		}
	}
	return Called, rest, nil
}
