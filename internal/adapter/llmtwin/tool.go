package llmtwin

import (
	"errors"
	"unicode/utf8"

	"karnak/internal/core/llm"
)

// Pieces is the steps of a call, which is the nth of an answer: first its id and its name, then its arguments in pieces of so many
// bytes at the most, which part no character; all in one step where that is 0.
func Pieces(n int, c llm.Call, size int) []Step {
	begin := llm.CallPart{Index: n, ID: c.ID, Name: c.Name}
	if size <= 0 {
		begin.Arguments = c.Arguments
		return []Step{{Call: &begin}}
	}
	steps := []Step{{Call: &begin}}
	for rest := c.Arguments; rest != ""; {
		at := min(size, len(rest))
		for at < len(rest) && at > 0 && !utf8.RuneStart(rest[at]) {
			at--
		}
		if at == 0 { // a character is longer than a piece
			_, at = utf8.DecodeRuneInString(rest)
		}
		steps = append(steps, Step{Call: &llm.CallPart{Index: n, Arguments: rest[:at]}})
		rest = rest[at:]
	}
	return steps
}

// lasts tells which steps end a call, and whether there are calls at all.
func lasts(steps []Step) (last map[int]bool, calls bool) {
	last, of := map[int]bool{}, map[int]int{}
	for i, s := range steps {
		if s.Call != nil {
			of[s.Call.Index] = i
		}
	}
	for _, i := range of {
		last[i] = true
	}
	return last, len(of) > 0
}

// paired refuses what the providers refuse: a result of what was not called just before, a call without one, an id of two.
func paired(turns []llm.Turn) error {
	ids, open := map[string]bool{}, map[string]bool{}
	for _, t := range turns {
		for _, r := range t.Results {
			if !open[r.CallID] {
				return errors.New("a result of what was not called in the turn before")
			}
			delete(open, r.CallID)
		}
		if len(open) > 0 {
			return errors.New("a call without a result")
		}
		for _, c := range t.Calls {
			if c.ID == "" || c.Name == "" || ids[c.ID] {
				return errors.New("a call without a name, or whose id another one has")
			}
			ids[c.ID], open[c.ID] = true, true
		}
	}
	if len(open) > 0 {
		return errors.New("a call without a result")
	}
	return nil
}

// named gives results the names of the calls that they are of, where a protocol has only ids.
func named(turns []llm.Turn) {
	names := map[string]string{}
	for _, t := range turns {
		for _, c := range t.Calls {
			names[c.ID] = c.Name
		}
		for i, r := range t.Results {
			t.Results[i].Name = names[r.CallID]
		}
	}
}
