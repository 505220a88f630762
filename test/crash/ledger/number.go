package ledger

import "slices"

// numbers checks that logs and channels count from 1 without a hole, up to what they say is their last number.
func (c *checker) numbers() {
	logs, channels := map[string][]int64{}, map[string][]int64{}
	for _, e := range c.Events {
		logs[e.Workspace] = append(logs[e.Workspace], e.Seq)
	}
	for _, m := range c.Messages {
		channels[m.Channel] = append(channels[m.Channel], m.Seq)
	}
	c.count("log", logs, c.Heads)
	c.count("channel", channels, c.Channels)
}

func (c *checker) count(what string, numbers map[string][]int64, lasts []Last) {
	heads := map[string]int64{}
	for _, h := range lasts {
		heads[h.ID] = h.Seq
		if len(numbers[h.ID]) == 0 && h.Seq != 0 {
			c.found(Hole, "%s %s says %d and has nothing", what, h.ID, h.Seq)
		}
	}
	for _, id := range sorted(numbers) {
		list := numbers[id]
		slices.Sort(list)
		var last int64
		for _, n := range list {
			switch {
			case n == last:
				c.found(Twice, "%s %s has number %d twice", what, id, n)
			case n > last+1:
				c.found(Hole, "%s %s lacks the numbers %d to %d", what, id, last+1, n-1)
			}
			last = n
		}
		if heads[id] != last {
			c.found(Hole, "%s %s says %d and ends with %d", what, id, heads[id], last)
		}
	}
}
