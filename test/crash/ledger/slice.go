package ledger

import "strings"

// shown checks that the API shows the database's log.
func (c *checker) shown() {
	seen := map[string][]Event{}
	for _, e := range c.Shown {
		seen[e.Workspace] = append(seen[e.Workspace], e)
	}
	for _, p := range c.Places {
		c.slice("the API's view of "+p.Workspace, p.Workspace, c.want(p, ""), seen[p.Workspace])
	}
}

// received checks that each subscriber has its slice of the log.
func (c *checker) received() {
	lists := map[string][]Event{}
	for _, r := range c.Received {
		lists[r.Subscriber] = append(lists[r.Subscriber], r.Event)
	}
	for _, s := range c.Subscribers {
		c.Delivered += len(lists[s.Name])
		c.slice("subscriber "+s.Name, s.Workspace, c.want(c.places[s.Workspace], s.Channel), lists[s.Name])
	}
	c.bodies()
	for _, r := range c.Refusals {
		c.found(Wrong, "subscriber %s was refused: %s", r.Subscriber, r.Reason)
	}
}

// bodies checks the texts that subscribers saw: each begins with the id of its workspace.
func (c *checker) bodies() {
	at := map[string]string{}
	for _, s := range c.Subscribers {
		at[s.Name] = s.Workspace
	}
	for _, r := range c.Received {
		if r.Body != "" && !strings.HasPrefix(r.Body, at[r.Subscriber]) {
			c.found(Foreign, "subscriber %s of %s read %q", r.Subscriber, at[r.Subscriber], r.Body)
		}
	}
}

// want is the slice of a log after its base, of one channel where it is given.
func (c *checker) want(p Place, channel string) (out []Event) {
	for _, e := range c.logs[p.Workspace] {
		if e.Seq > p.Base && (channel == "" || e.Channel == channel) {
			out = append(out, e)
		}
	}
	return out
}

// slice compares a list with the slice of the log that it has to be.
func (c *checker) slice(who, workspace string, want, got []Event) {
	place := map[string]int{}
	for i, e := range want {
		place[e.ID] = i
	}
	times, last := map[string]int{}, -1
	for _, e := range got {
		i, wanted := place[e.ID]
		if !wanted {
			c.unwanted(who, workspace, e)
			continue
		}
		times[e.ID]++
		switch w := want[i]; {
		case times[e.ID] > 1:
			c.found(Twice, "%s has event %s (%d) twice", who, e.ID, e.Seq)
		case i < last:
			c.found(Hole, "%s has event %s (%d) out of its order", who, e.ID, e.Seq)
		case e.Seq != w.Seq || e.Type != w.Type || e.Mutation != w.Mutation:
			c.found(Wrong, "%s has event %s as %+v, the log as %+v", who, e.ID, e, w)
		}
		last = max(last, i)
	}
	c.missing(who, want, times)
}

func (c *checker) unwanted(who, workspace string, e Event) {
	switch known, there := c.byID[e.ID]; {
	case !there:
		c.found(Stray, "%s has event %s (%d), which is in no log", who, e.ID, e.Seq)
	case known.Workspace != workspace:
		c.found(Foreign, "%s has event %s of %s", who, e.ID, known.Workspace)
	default:
		c.found(Wrong, "%s has event %s, which is not of its slice", who, e.ID)
	}
}

// missing finds the events of a slice that a list lacks.
func (c *checker) missing(who string, want []Event, times map[string]int) {
	for _, e := range want {
		if times[e.ID] == 0 {
			c.found(Lost, "%s lacks event %s (%d)", who, e.ID, e.Seq)
		}
	}
}
