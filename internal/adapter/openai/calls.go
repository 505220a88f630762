package openai

import (
	"karnak/internal/core/llm"
)

// delta is a part of a call on a line of the stream.
type delta struct {
	Index    *int   `json:"index"`
	ID       string `json:"id"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// calls finds out which part belongs to which call. By the protocol the index tells, and the id and the name come once; but there
// are endpoints that leave the index out or number every call 0, that repeat the id and the name, or have no ids.
type calls struct {
	*llm.Calling
	begun []*call
	// at are the calls that were begun last, by index.
	at map[int]*call
}

type call struct {
	n int
	// id and name are as they were told.
	id, name string
	shape    shape
}

func (c *calls) add(d delta) (*llm.CallPart, error) {
	x := c.of(d)
	if x == nil {
		var err error
		if x, err = c.begin(d); err != nil {
			return nil, err
		}
	}
	if x.name == "" {
		x.name = d.Function.Name
	}
	if x.id == "" {
		x.id = d.ID
	}
	x.shape.read(d.Function.Arguments)
	return c.Add(x.n, d.ID, d.Function.Name, d.Function.Arguments)
}

func (c *calls) begin(d delta) (*call, error) {
	n, err := c.Begin()
	if err != nil {
		return nil, err
	}
	x := &call{n: n}
	c.begun = append(c.begun, x)
	if d.Index != nil {
		if c.at == nil {
			c.at = map[int]*call{}
		}
		c.at[*d.Index] = x
	}
	return x, nil
}

// of is the call that goes on with a part; nil where one begins.
func (c *calls) of(d delta) *call {
	x := c.current(d)
	name := d.Function.Name
	switch {
	case x == nil || name == "":
		return x
	case d.ID != "" && x.id != "" && d.ID != x.id:
		return nil
	case x.name != "" && name != x.name:
		return nil
	case x.shape.whole() && d.Function.Arguments != "": // the same tool again
		return nil
	}
	return x
}

// current is the call that a part speaks of, where it does not begin one.
func (c *calls) current(d delta) *call {
	if d.Index != nil {
		return c.at[*d.Index]
	}
	for i := len(c.begun) - 1; i >= 0 && d.ID != ""; i-- {
		if c.begun[i].id == d.ID {
			return c.begun[i]
		}
	}
	if n := len(c.begun); n > 0 && (d.ID == "" || c.begun[n-1].id == "") {
		return c.begun[n-1]
	}
	return nil
}

// shape follows the brackets of arguments, so as to know when they are complete.
type shape struct {
	depth                   int
	began, quoted, escaping bool
}

func (s *shape) read(text string) {
	for i := range len(text) {
		switch b := text[i]; {
		case s.escaping:
			s.escaping = false
		case s.quoted && b == '\\':
			s.escaping = true
		case b == '"':
			s.quoted = !s.quoted
		case s.quoted:
		case b == '{' || b == '[':
			s.depth, s.began = s.depth+1, true
		case b == '}' || b == ']':
			s.depth--
		}
	}
}

// whole reports whether all brackets are closed.
func (s *shape) whole() bool { return s.began && s.depth <= 0 && !s.quoted }
