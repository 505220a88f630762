package openai

import "karnak/internal/core/llm"

// call is a part of a call. Endpoints differ: some leave the index out, some send a call in one piece, some repeat its id.
type call struct {
	Index    *int   `json:"index"`
	ID       string `json:"id"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// calls reads the calls of an answer.
type calls struct {
	llm.Calling
	// at is where the calls are that an index or an id names.
	at  map[int]int
	ids map[string]int
}

// take takes what a line has of calls.
func (c *calls) take(all []call) (out []llm.Part, err error) {
	for _, x := range all {
		at, known := c.find(x)
		if !known {
			begun, err := c.Begin(x.ID, x.Function.Name)
			if err != nil {
				return nil, err
			}
			at = begun.Index
			c.note(x, at)
			out = append(out, llm.Part{Call: begun})
		}
		more, err := c.More(at, x.Function.Arguments)
		if err != nil {
			return nil, err
		}
		if more != nil {
			out = append(out, llm.Part{Call: more})
		}
	}
	return out, nil
}

// find tells which call a part is of; false for one that it begins.
func (c *calls) find(x call) (int, bool) {
	if x.Index != nil {
		at, known := c.at[*x.Index]
		return at, known
	}
	if x.ID != "" {
		at, known := c.ids[x.ID]
		return at, known
	}
	return c.Last(), c.Any() && x.Function.Name == ""
}

func (c *calls) note(x call, at int) {
	if c.at == nil {
		c.at, c.ids = map[int]int{}, map[string]int{}
	}
	if x.Index != nil {
		c.at[*x.Index] = at
	}
	if x.ID != "" {
		c.ids[x.ID] = at
	}
}
