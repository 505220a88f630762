package stream

import (
	"encoding/json"
	"testing"

	"karnak/internal/core/eventlog"
)

func TestTopicIsBounded(t *testing.T) {
	t.Parallel()
	x := newTopic(10)
	if x.offer([]*eventlog.Event{{Seq: 12}}) != true || x.last != 10 {
		t.Error("a hole was not told")
	}
	if x.offer([]*eventlog.Event{{Seq: 9}, {Seq: 10}}) || x.last != 10 || len(x.ring) != 0 {
		t.Error("old events were taken in")
	}
	for seq := int64(11); seq <= 5000; seq++ {
		x.offer([]*eventlog.Event{{Seq: seq}})
	}
	if len(x.ring) != ringEvents || x.last != 5000 {
		t.Errorf("%d events are kept, the last is %d", len(x.ring), x.last)
	}
	for _, pos := range []int64{5000 - ringEvents, 4500, 4999} {
		if e, _, _ := x.since(pos); e == nil || e.Seq != pos+1 {
			t.Errorf("after %d memory gives %+v", pos, e)
		}
	}
	for _, pos := range []int64{0, 5000 - ringEvents - 1, 5000, 6000} {
		if e, last, _ := x.since(pos); e != nil || last != 5000 {
			t.Errorf("after %d memory gives %+v", pos, e)
		}
	}
	big := json.RawMessage(make([]byte, 100_000))
	for seq := int64(5001); seq <= 5100; seq++ {
		x.offer([]*eventlog.Event{{Seq: seq, Data: big}})
	}
	bytes := 0
	for _, e := range x.ring {
		bytes += weight(e)
	}
	if bytes > ringBytes || bytes != x.size || len(x.ring) == 0 {
		t.Errorf("%d bytes are kept and %d counted, %d are the most", bytes, x.size, ringBytes)
	}
	huge := json.RawMessage(make([]byte, 2*ringBytes))
	x.offer([]*eventlog.Event{{Seq: 5101, Data: huge}})
	if e, _, _ := x.since(5100); len(x.ring) != 1 || e == nil || e.Seq != 5101 {
		t.Errorf("an event larger than the bound: %d are kept", len(x.ring))
	}
}

func TestTopicTellsOnceItGrew(t *testing.T) {
	t.Parallel()
	x := newTopic(0)
	_, _, changed := x.since(0)
	x.offer([]*eventlog.Event{{Seq: 2}})
	select {
	case <-changed:
		t.Error("a hole woke the readers")
	default:
	}
	x.offer([]*eventlog.Event{{Seq: 1}, {Seq: 2}})
	<-changed
	_, last, again := x.since(2)
	select {
	case <-again:
		t.Error("woken without reason")
	default:
	}
	if last != 2 {
		t.Errorf("last is %d", last)
	}
	x.wake()
	x.wake()
	<-x.behind
	select {
	case <-x.behind:
		t.Error("two calls are one look")
	default:
	}
}
