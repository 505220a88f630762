package presence

import (
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"karnak/internal/platform/clock"
)

const (
	// MostListed is how many people an update names; there may be more.
	MostListed = 500
	// mostTyping is how many an update names who type.
	mostTyping = 20
	// keptChanges is how far a watcher may fall behind before it is told of everybody again.
	keptChanges = 1024
	// pause is the least time between two updates of a place: what happens in it is told at once.
	pause = 200 * time.Millisecond
)

// Update is what a watcher is told.
type Update struct {
	// Snapshot: Joined is everybody who is here, and not who came since the last update.
	Snapshot bool
	// Joined and Left are ids in order; at most MostListed are named.
	Joined, Left []string
	// Typing is everybody who types now, in order; at most 20 are named.
	Typing []string
	// PresentCount is how many people are here.
	PresentCount int

	version int64
	// typed: it may have changed who types.
	typed bool
}

// empty: whoever came is gone again.
func (u *Update) empty() bool { return !u.Snapshot && !u.typed && len(u.Joined)+len(u.Left) == 0 }

// place is who is at a place. The hub's lock covers it.
type place struct {
	clock clock.Clock
	// visits counts how often somebody is here through this node.
	visits map[string]int
	// nodes are who is here through others.
	nodes map[string]*lease
	// present counts through how many nodes somebody is here.
	present map[string]int
	typing  map[string]time.Time
	// changes are the last ones; version is the number of the last. Watchers see what is up to shown.
	changes        []change
	version, shown int64
	changed        chan struct{}
	showing        bool
	showed         time.Time
	watchers       int
}

// lease is what another node said.
type lease struct {
	until  time.Time
	people map[string]bool
	// coming is a list that has not been told to its end.
	coming map[string]bool
}

// change is that somebody came, left, or that it changed who types.
type change struct {
	person string
	here   bool
}

func newPlace(c clock.Clock) *place {
	return &place{
		clock: c, visits: map[string]int{}, nodes: map[string]*lease{}, present: map[string]int{}, typing: map[string]time.Time{},
		changed: make(chan struct{}),
	}
}

func (p *place) come(person string) {
	if p.present[person]++; p.present[person] == 1 {
		p.note(change{person, true})
	}
}

func (p *place) part(person string) {
	if p.present[person]--; p.present[person] > 0 {
		return
	}
	delete(p.present, person)
	delete(p.typing, person)
	p.note(change{person, false})
}

func (p *place) types(person string, on bool, until time.Time) {
	_, was := p.typing[person]
	if on {
		p.typing[person] = until
	} else {
		delete(p.typing, person)
	}
	if was != on {
		p.note(change{})
	}
}

// lapse ends what is over.
func (p *place) lapse(now time.Time) {
	for person, until := range p.typing {
		if !now.Before(until) {
			p.types(person, false, until)
		}
	}
	for name, l := range p.nodes {
		if !now.Before(l.until) {
			p.drop(name)
		}
	}
}

// drop lets everybody go who was here through another node.
func (p *place) drop(node string) {
	if l := p.nodes[node]; l != nil {
		delete(p.nodes, node)
		for person := range l.people {
			p.part(person)
		}
	}
}

// hold returns what is known of another node, for another while.
func (p *place) hold(node string) *lease {
	l := p.nodes[node]
	if l == nil {
		l = &lease{people: map[string]bool{}}
		p.nodes[node] = l
	}
	l.until = p.clock.Now().Add(Life)
	return l
}

// arrive and depart take in who came and left through another node.
func (p *place) arrive(node string, people []string) {
	l := p.hold(node)
	for _, person := range people {
		if !l.people[person] {
			l.people[person] = true
			p.come(person)
		}
	}
}

func (p *place) depart(node string, people []string) {
	l := p.hold(node)
	for _, person := range people {
		if l.people[person] {
			delete(l.people, person)
			p.part(person)
		}
	}
}

// listed takes in a part of a list of who is here through another node.
func (p *place) listed(w *word) {
	l := p.hold(w.Node)
	if w.Begin {
		l.coming = map[string]bool{}
	}
	if l.coming == nil { // its beginning was lost
		return
	}
	for _, person := range w.People {
		l.coming[person] = true
	}
	if w.End {
		p.set(l, l.coming)
		l.coming = nil
	}
}

// set makes people those who are here through another node.
func (p *place) set(l *lease, people map[string]bool) {
	was := l.people
	l.people = people
	for person := range people {
		if !was[person] {
			p.come(person)
		}
	}
	for person := range was {
		if !people[person] {
			p.part(person)
		}
	}
}

// note keeps a change, and shows it now or when the pause has passed.
func (p *place) note(c change) {
	p.version++
	p.changes = append(p.changes, c)
	if len(p.changes) > keptChanges {
		p.changes = slices.Delete(p.changes, 0, len(p.changes)-keptChanges)
	}
}

// show lets watchers see what was noted. It reports how long that has to wait, if it has to.
func (p *place) show() (wait time.Duration) {
	if p.shown == p.version || p.showing {
		return 0
	}
	now := p.clock.Now()
	if since := now.Sub(p.showed); since < pause {
		p.showing = true
		return pause - since
	}
	p.shown, p.showed = p.version, now
	close(p.changed)
	p.changed = make(chan struct{})
	return 0
}

// since returns what a watcher does not know yet, or what tells that there is something.
func (p *place) since(version int64) (*Update, <-chan struct{}) {
	missed := p.version - version
	switch {
	case version < 0, missed > int64(len(p.changes)):
		return p.everybody(), nil
	case version >= p.shown:
		return nil, p.changed
	}
	u := &Update{PresentCount: len(p.present), Typing: p.whoTypes(), version: p.version}
	was := map[string]bool{}
	for _, c := range p.changes[len(p.changes)-int(missed):] {
		if c.person == "" {
			u.typed = true
		} else if _, known := was[c.person]; !known {
			was[c.person] = !c.here
		}
	}
	for person, before := range was {
		switch now := p.present[person] > 0; {
		case now && !before:
			u.Joined = append(u.Joined, person)
		case before && !now:
			u.Left = append(u.Left, person)
		}
	}
	if len(u.Joined)+len(u.Left) > MostListed {
		return p.everybody(), nil
	}
	slices.Sort(u.Joined)
	slices.Sort(u.Left)
	return u, nil
}

func (p *place) everybody() *Update {
	all := slices.Sorted(maps.Keys(p.present))
	return &Update{Snapshot: true, Joined: all[:min(len(all), MostListed)], PresentCount: len(all), Typing: p.whoTypes(), version: p.version}
}

func (p *place) whoTypes() []string {
	all := slices.Sorted(maps.Keys(p.typing))
	return all[:min(len(all), mostTyping)]
}

// digest tells sets of people apart.
func digest[T any](people map[string]T) (sum uint64) {
	for person := range people {
		h := fnv.New64a()
		_, _ = h.Write([]byte(person)) // never fails
		sum ^= h.Sum64()
	}
	return sum
}

func (p *place) digest() uint64 { return digest(p.visits) }
