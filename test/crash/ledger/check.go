package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is what a finding is about.
type Fault string

// The faults.
const (
	// Lost: acknowledged and not in the log, or in the log and never received.
	Lost Fault = "lost"
	// Twice: more than one effect, number or delivery of the same thing.
	Twice Fault = "twice"
	// Hole: a number that is missing, or events received out of their order.
	Hole Fault = "hole"
	// Stray: in the log or received, and never tried, or refused.
	Stray Fault = "stray"
	// Foreign: something of another workspace.
	Foreign Fault = "foreign"
	// Wrong: two ledgers that tell different things of the same.
	Wrong Fault = "wrong"
)

// Finding is something that must not be.
type Finding struct {
	Fault Fault
	Text  string
}

func (f Finding) String() string { return string(f.Fault) + ": " + f.Text }

// Result is what Check found, and what there was to be checked.
type Result struct {
	Findings []Finding
	// Acknowledged, Refused and Unknown count the tries by their outcome; Resolved those that had to be repeated.
	Acknowledged, Refused, Unknown, Resolved int
	Written, Delivered                       int
}

// Count returns how many findings are of a fault.
func (r *Result) Count(f Fault) (n int) {
	for _, x := range r.Findings {
		if x.Fault == f {
			n++
		}
	}
	return n
}

func (r *Result) found(f Fault, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{f, fmt.Sprintf(format, args...)})
}

// Check holds the ledgers against each other. It is a pure function: acknowledged ⊆ log ⊆ tried, each try at most one effect,
// numbers from 1 without a hole per log and per channel, the API shows the database's log, each subscriber has exactly its
// slice of it, once and in order, and nothing is of a foreign workspace.
func Check(l Ledgers) Result {
	c := newChecker(l)
	c.numbers()
	c.tried()
	c.acknowledged()
	c.messages()
	c.shown()
	c.received()
	return c.Result
}

// checker is the ledgers with what finds things in them.
type checker struct {
	Result
	Ledgers
	places   map[string]Place
	logs     map[string][]Event // by workspace, in order
	tries    map[string]Try
	answers  map[string]Answer
	effects  map[string][]Event // by try, in order
	rows     map[string]Message
	byObject map[string][]Event // of the places, after their bases, in order
	byID     map[string]Event
}

func newChecker(l Ledgers) *checker {
	c := &checker{
		Ledgers: l, places: map[string]Place{}, logs: map[string][]Event{}, tries: map[string]Try{}, answers: map[string]Answer{},
		effects: map[string][]Event{}, rows: map[string]Message{}, byObject: map[string][]Event{}, byID: map[string]Event{},
	}
	for _, p := range l.Places {
		c.places[p.Workspace] = p
	}
	for _, e := range l.Events {
		c.logs[e.Workspace] = append(c.logs[e.Workspace], e)
		c.byID[e.ID] = e
	}
	for w, log := range c.logs {
		slices.SortStableFunc(log, func(a, b Event) int { return int(a.Seq - b.Seq) })
		p, ours := c.places[w]
		for _, e := range log {
			if ours && e.Seq > p.Base {
				c.effects[e.Mutation] = append(c.effects[e.Mutation], e)
				c.byObject[e.Object] = append(c.byObject[e.Object], e)
				c.Written++
			}
		}
	}
	for _, m := range l.Messages {
		c.rows[m.ID] = m
	}
	c.learnTries()
	return c
}

func (c *checker) learnTries() {
	for _, t := range c.Tries {
		if _, twice := c.tries[t.ID]; twice {
			c.found(Wrong, "two tries are named %s", t.ID)
		}
		c.tries[t.ID] = t
	}
	for _, a := range c.Answers {
		if _, known := c.tries[a.ID]; !known {
			c.found(Wrong, "an answer to %s, which nobody tried", a.ID)
		}
		c.answers[a.ID] = a
		if a.Attempts > 1 && a.Outcome == Acknowledged {
			c.Resolved++
		}
	}
	for id := range c.tries {
		switch c.answers[id].Outcome {
		case Acknowledged:
			c.Acknowledged++
		case Refused:
			c.Refused++
		default:
			c.Unknown++
		}
	}
}

// tried checks that what is in the logs was tried, and has one effect.
func (c *checker) tried() {
	for _, id := range sorted(c.effects) {
		events := c.effects[id]
		t, known := c.tries[id]
		if !known {
			c.found(Stray, "event %s (%s) is of no try: %q", events[0].ID, events[0].Type, id)
			continue
		}
		if len(events) > 1 {
			c.found(Twice, "%s %s has %d events, %s first", t.Kind, id, len(events), events[0].ID)
		}
		if c.answers[id].Outcome == Refused {
			c.found(Stray, "%s %s was refused and has event %s", t.Kind, id, events[0].ID)
		}
		for _, e := range events {
			c.same(t, e)
		}
	}
}

// same checks that an event tells of its try.
func (c *checker) same(t Try, e Event) {
	switch {
	case e.Workspace != t.Workspace:
		c.found(Foreign, "%s %s of %s is in the log of %s", t.Kind, t.ID, t.Workspace, e.Workspace)
	case e.Type != eventOf[t.Kind], e.Channel != t.Channel, t.Message != "" && e.Object != t.Message:
		c.found(Wrong, "%s %s has an event that tells of something else: %+v", t.Kind, t.ID, e)
	}
}

// acknowledged checks that what was acknowledged is there, and is what the answer said.
func (c *checker) acknowledged() {
	cursors := map[string]string{}
	for _, e := range c.Shown {
		cursors[e.ID] = e.Cursor
	}
	for _, a := range c.Answers {
		if a.Outcome != Acknowledged {
			continue
		}
		events := c.effects[a.ID]
		if len(events) == 0 {
			c.found(Lost, "%s %s was acknowledged and is not in the log", c.tries[a.ID].Kind, a.ID)
			continue
		}
		if e := events[0]; a.Message != e.Object || a.Cursor != "" && a.Cursor != cursors[e.ID] {
			c.found(Wrong, "the answer to %s is not that of its event %s: %+v", a.ID, e.ID, a)
		}
		if m := c.rows[a.Message]; m.ID == "" || m.Seq != a.Seq {
			c.found(Lost, "message %s of %s is not there under its number %d: %+v", a.Message, a.ID, a.Seq, m)
		}
	}
}

// messages checks the rows against the log: one posted event each, and the text that the last change gave.
func (c *checker) messages() {
	for _, m := range c.Messages {
		p, ours := c.places[m.Workspace]
		if !ours || !slices.Contains(p.Channels, m.Channel) {
			c.found(Stray, "message %s is in %s of %s, where nobody writes", m.ID, m.Channel, m.Workspace)
			continue
		}
		c.message(m)
	}
	for _, id := range sorted(c.effects) {
		for _, e := range c.effects[id] {
			if _, there := c.rows[e.Object]; !there {
				c.found(Lost, "event %s (%s) tells of message %s, which is not there", e.ID, e.Type, e.Object)
			}
		}
	}
}

func (c *checker) message(m Message) {
	posts, want, deleted := 0, "", false
	for _, e := range c.byObject[m.ID] {
		t := c.tries[e.Mutation]
		switch e.Type {
		case eventOf[Send]:
			posts++
			want = t.Body
		case eventOf[Edit]:
			want = t.Body
		case eventOf[Delete]:
			want, deleted = "", true
		}
		if t.Actor != "" && t.Actor != m.Author {
			c.found(Foreign, "message %s of %s was changed by %s", m.ID, m.Author, t.Actor)
		}
	}
	switch {
	case posts == 0:
		c.found(Stray, "message %s has no event", m.ID)
	case posts > 1:
		c.found(Twice, "message %s was posted %d times", m.ID, posts)
	case m.Body != want || m.Deleted != deleted:
		c.found(Wrong, "message %s says %q and not %q, deleted %t", m.ID, m.Body, want, m.Deleted)
	}
	if m.Body != "" && !strings.HasPrefix(m.Body, m.Workspace) {
		c.found(Foreign, "message %s of %s says %q", m.ID, m.Workspace, m.Body)
	}
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
