package presence

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

const (
	subject = "presence."
	// wordPeople is how many people a message of the bus names.
	wordPeople = 2000
	// mostWords is how many messages may wait for the bus; what is more is made up for by a later beat.
	mostWords = 100_000
)

// kind is what a node has to say about a place.
type kind string

const (
	// ask wants to be told who is here: by everybody, or by the node To.
	ask kind = "ask"
	// list is who is here, in several messages where that is many; beats is how many they are.
	list  kind = "list"
	beats kind = "beat"
	// came, left, types and farewell are changes.
	came     kind = "came"
	left     kind = "left"
	types    kind = "type"
	farewell kind = "bye"
)

// word is a message of the bus.
type word struct {
	Place  string   `json:"-"`
	Node   string   `json:"node"`
	Kind   kind     `json:"kind"`
	To     string   `json:"to,omitempty"`
	People []string `json:"people,omitempty"`
	// On: they type. Begin and End: these people are the first, and the last, of a list.
	On     bool   `json:"on,omitempty"`
	Begin  bool   `json:"begin,omitempty"`
	End    bool   `json:"end,omitempty"`
	Count  int    `json:"count,omitempty"`
	Digest uint64 `json:"digest,omitempty"`
}

// say queues a word for the bus; it is called with the lock held.
func (h *Hub) say(w word) {
	if len(h.words) >= mostWords {
		return
	}
	w.Node = h.Node
	h.words = append(h.words, w)
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// speak hands words to the bus, away from who said them. At the end it says what is left.
func (h *Hub) speak() {
	defer h.done.Done()
	for {
		select {
		case <-h.wake:
			h.flush()
		case <-h.closed:
			h.flush()
			return
		}
	}
}

func (h *Hub) flush() {
	h.mu.Lock()
	words := h.words
	h.words = nil
	h.mu.Unlock()
	for _, w := range words {
		b, err := json.Marshal(w)
		if err == nil {
			err = h.Bus.Publish(subject+w.Place, b)
		}
		if err != nil {
			h.Logger.Debug("who is where was not told to the other nodes; the next beat does", "error", err)
		}
	}
}

// heard takes a word of another node. Of places that nobody here has to do with it wants to know nothing.
func (h *Hub) heard(name string, payload []byte) {
	name = strings.TrimPrefix(name, subject)
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.places[name]
	if p == nil {
		return
	}
	var w word
	if json.Unmarshal(payload, &w) != nil || w.Node == "" || w.Node == h.Node {
		return
	}
	h.take(name, p, &w)
	h.show(p)
}

func (h *Hub) take(name string, p *place, w *word) {
	switch w.Kind {
	case ask:
		if w.To == "" || w.To == h.Node {
			h.tell(name, p)
		}
	case came:
		p.arrive(w.Node, w.People)
	case left:
		p.depart(w.Node, w.People)
	case farewell:
		p.drop(w.Node)
	case list:
		p.listed(w)
	case types:
		for _, person := range w.People {
			p.types(person, w.On, h.Clock.Now().Add(TypingLife))
		}
	case beats:
		if l := p.hold(w.Node); len(l.people) != w.Count || digest(l.people) != w.Digest {
			h.say(word{Place: name, Kind: ask, To: w.Node})
		}
	}
}

// tell says who is here through this node, and who of them types.
func (h *Hub) tell(name string, p *place) {
	here := slices.Collect(maps.Keys(p.visits))
	if len(here) == 0 {
		return
	}
	for start := 0; start < len(here); start += wordPeople {
		end := min(start+wordPeople, len(here))
		h.say(word{Place: name, Kind: list, People: here[start:end], Begin: start == 0, End: end == len(here)})
	}
	var typing []string
	for person := range p.typing {
		if p.visits[person] > 0 {
			typing = append(typing, person)
		}
	}
	if len(typing) > 0 {
		h.say(word{Place: name, Kind: types, People: typing, On: true})
	}
}
