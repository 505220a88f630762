package ledger_test

import (
	"fmt"
	"slices"
	"testing"

	"karnak/test/crash/ledger"
)

const (
	w1, w2 = "ws_one", "ws_two"
	a, b   = "chan_a", "chan_b"
	other  = "chan_other"
)

// sound returns ledgers without a fault: two workspaces, every kind of try, one unknown that was written and one that was not,
// one that was resolved, one that was refused, and a subscriber of a workspace and one of a channel.
func sound() ledger.Ledgers {
	l := ledger.Ledgers{
		Places:      []ledger.Place{{Workspace: w1, Channels: []string{a, b}, Base: 1}, {Workspace: w2, Channels: []string{other}, Base: 1}},
		Subscribers: []ledger.Subscriber{{Name: "all", Workspace: w1}, {Name: "one", Workspace: w1, Channel: a}, {Name: "far", Workspace: w2}},
		Events:      []ledger.Event{{Workspace: w1, Seq: 1, ID: "evt_w1", Type: "workspace.created"}, {Workspace: w2, Seq: 1, ID: "evt_w2", Type: "workspace.created"}},
	}
	post := func(id, w, c string, seq, number int64, body string, answered ledger.Outcome) {
		m := "msg_" + id
		l.Tries = append(l.Tries, ledger.Try{ID: id, Kind: ledger.Send, Workspace: w, Channel: c, Actor: "ada", Message: m, Body: w + " " + id})
		e := ledger.Event{Workspace: w, Seq: seq, ID: "evt_" + id, Type: "chat.message.posted", Mutation: id, Object: m, Channel: c}
		l.Events = append(l.Events, e)
		l.Messages = append(l.Messages, ledger.Message{ID: m, Workspace: w, Channel: c, Seq: number, Author: "ada", Body: body, Deleted: body == ""})
		answer(&l, ledger.Answer{ID: id, Outcome: answered, Message: m, Seq: number, Cursor: fmt.Sprintf("cursor of %s", e.ID), Attempts: 1})
	}
	change := func(kind ledger.Kind, id, typ, m string, seq, number int64) {
		l.Tries = append(l.Tries, ledger.Try{ID: id, Kind: kind, Workspace: w1, Channel: a, Actor: "ada", Message: m, Body: w1 + " " + id})
		l.Events = append(l.Events, ledger.Event{Workspace: w1, Seq: seq, ID: "evt_" + id, Type: typ, Mutation: id, Object: m, Channel: a})
		answer(&l, ledger.Answer{ID: id, Outcome: ledger.Acknowledged, Message: m, Seq: number, Cursor: "cursor of evt_" + id, Attempts: 2})
	}
	post("t1", w1, a, 2, 1, w1+" t4", ledger.Acknowledged)
	post("t2", w1, a, 3, 2, "", ledger.Acknowledged)
	post("t3", w1, b, 4, 1, w1+" t3", ledger.Unknown)
	change(ledger.Edit, "t4", "chat.message.edited", "msg_t1", 5, 1)
	change(ledger.Delete, "t5", "chat.message.deleted", "msg_t2", 6, 2)
	change(ledger.React, "t6", "chat.reaction.added", "msg_t1", 7, 1)
	post("t7", w2, other, 2, 1, w2+" t7", ledger.Acknowledged)
	l.Tries = append(l.Tries, ledger.Try{ID: "t8", Kind: ledger.Send, Workspace: w1, Channel: a}, ledger.Try{ID: "t9", Kind: ledger.Send, Workspace: w1, Channel: a})
	answer(&l, ledger.Answer{ID: "t8", Outcome: ledger.Refused, Code: "NOT_FOUND"})
	l.Heads = []ledger.Last{{ID: w1, Seq: 7}, {ID: w2, Seq: 2}, {ID: "ws_empty"}}
	l.Channels = []ledger.Last{{ID: a, Seq: 2}, {ID: b, Seq: 1}, {ID: other, Seq: 1}, {ID: "chan_empty"}}
	for _, e := range l.Events {
		if e.Seq == 1 {
			continue
		}
		e.Cursor = "cursor of " + e.ID
		l.Shown = append(l.Shown, e)
		for _, s := range l.Subscribers {
			if s.Workspace == e.Workspace && (s.Channel == "" || s.Channel == e.Channel) {
				l.Received = append(l.Received, ledger.Received{Subscriber: s.Name, Event: e, Body: e.Workspace + " text"})
			}
		}
	}
	return l
}

func answer(l *ledger.Ledgers, a ledger.Answer) {
	if a.Outcome != ledger.Unknown {
		l.Answers = append(l.Answers, a)
	}
}

func TestSound(t *testing.T) {
	t.Parallel()
	r := ledger.Check(sound())
	for _, f := range r.Findings {
		t.Error(f)
	}
	if r.Acknowledged != 6 || r.Refused != 1 || r.Unknown != 2 || r.Resolved != 3 || r.Written != 7 || r.Delivered != 12 {
		t.Errorf("counted %+v", r)
	}
}

// at returns the index of the record that a test breaks.
func at[T any](list []T, is func(T) bool) int {
	i := slices.IndexFunc(list, is)
	if i < 0 {
		return len(list) // and the test panics: it breaks something that is not there
	}
	return i
}

func event(id string) func(ledger.Event) bool { return func(e ledger.Event) bool { return e.ID == id } }

func message(id string) func(ledger.Message) bool {
	return func(m ledger.Message) bool { return m.ID == id }
}

func heard(who, id string) func(ledger.Received) bool {
	return func(r ledger.Received) bool { return r.Subscriber == who && r.Event.ID == id }
}

func TestBroken(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		fault ledger.Fault
		how   func(*ledger.Ledgers)
	}{
		{"an acknowledged write is not in the log", ledger.Lost, func(l *ledger.Ledgers) {
			// As a database does that forgot its newest transaction, so that the numbers have no hole.
			l.Events = slices.DeleteFunc(l.Events, event("evt_t7"))
			l.Shown = slices.DeleteFunc(l.Shown, event("evt_t7"))
			l.Messages = slices.DeleteFunc(l.Messages, message("msg_t7"))
			l.Received = slices.DeleteFunc(l.Received, heard("far", "evt_t7"))
			l.Heads[1].Seq, l.Channels[2].Seq = 1, 0
		}},
		{"an acknowledged message has no row", ledger.Lost, func(l *ledger.Ledgers) { l.Messages = slices.DeleteFunc(l.Messages, message("msg_t7")) }},
		{"a message has another number than was answered", ledger.Lost, func(l *ledger.Ledgers) { l.Answers[0].Seq = 2 }},
		{"a try has two events", ledger.Twice, func(l *ledger.Ledgers) {
			e := l.Events[at(l.Events, event("evt_t4"))]
			e.ID, e.Seq = "evt_again", 8
			l.Events = append(l.Events, e)
			l.Heads[0].Seq = 8
		}},
		{"a message was posted twice", ledger.Twice, func(l *ledger.Ledgers) {
			l.Tries = append(l.Tries, ledger.Try{ID: "t10", Kind: ledger.Send, Workspace: w1, Channel: a, Actor: "ada", Body: w1 + " t4"})
			l.Events = append(l.Events, ledger.Event{Workspace: w1, Seq: 8, ID: "evt_t10", Type: "chat.message.posted", Mutation: "t10", Object: "msg_t1", Channel: a})
			l.Heads[0].Seq = 8
		}},
		{"a message has two rows' worth of numbers", ledger.Twice, func(l *ledger.Ledgers) { l.Messages[at(l.Messages, message("msg_t2"))].Seq = 1 }},
		{"the log has a number twice", ledger.Twice, func(l *ledger.Ledgers) { l.Events[at(l.Events, event("evt_t3"))].Seq = 3 }},
		{"the log lacks a number", ledger.Hole, func(l *ledger.Ledgers) {
			l.Events = slices.DeleteFunc(l.Events, event("evt_t3"))
		}},
		{"the log does not begin at 1", ledger.Hole, func(l *ledger.Ledgers) { l.Events = slices.DeleteFunc(l.Events, event("evt_w2")) }},
		{"the head is ahead", ledger.Hole, func(l *ledger.Ledgers) { l.Heads[0].Seq = 8 }},
		{"a head has no events", ledger.Hole, func(l *ledger.Ledgers) { l.Heads[2].Seq = 3 }},
		{"a channel lacks a number", ledger.Hole, func(l *ledger.Ledgers) { l.Messages = slices.DeleteFunc(l.Messages, message("msg_t1")) }},
		{"a channel's last number is behind", ledger.Hole, func(l *ledger.Ledgers) { l.Channels[0].Seq = 1 }},
		{"an event nobody tried", ledger.Stray, func(l *ledger.Ledgers) { l.Events[at(l.Events, event("evt_t3"))].Mutation = "" }},
		{"a refused try was written", ledger.Stray, func(l *ledger.Ledgers) {
			l.Answers[at(l.Answers, func(a ledger.Answer) bool { return a.ID == "t4" })].Outcome = ledger.Refused
		}},
		{"a message without an event", ledger.Stray, func(l *ledger.Ledgers) {
			l.Messages = append(l.Messages, ledger.Message{ID: "msg_x", Workspace: w1, Channel: b, Seq: 2, Body: w1})
			l.Channels[1].Seq = 2
		}},
		{"a message where nobody writes", ledger.Stray, func(l *ledger.Ledgers) { l.Places[0].Channels = []string{a} }},
		{"a try in the log of another workspace", ledger.Foreign, func(l *ledger.Ledgers) { l.Tries[0].Workspace = w2 }},
		{"somebody else changed a message", ledger.Foreign, func(l *ledger.Ledgers) { l.Tries[3].Actor = "eve" }},
		{"a message says what another workspace said", ledger.Foreign, func(l *ledger.Ledgers) { l.Messages[at(l.Messages, message("msg_t3"))].Body = w2 + " t7" }},
		{"an event tells of another message", ledger.Wrong, func(l *ledger.Ledgers) { l.Events[at(l.Events, event("evt_t4"))].Object = "msg_t2" }},
		{"an event of another type", ledger.Wrong, func(l *ledger.Ledgers) { l.Events[at(l.Events, event("evt_t5"))].Type = "chat.message.edited" }},
		{"an event of another channel", ledger.Wrong, func(l *ledger.Ledgers) { l.Events[at(l.Events, event("evt_t3"))].Channel = a }},
		{"an answer with another's cursor", ledger.Wrong, func(l *ledger.Ledgers) { l.Answers[0].Cursor = "cursor of evt_t2" }},
		{"an answer with another message", ledger.Wrong, func(l *ledger.Ledgers) { l.Answers[0].Message, l.Answers[0].Seq = "msg_t2", 2 }},
		{"an edit that is in the log and not in the text", ledger.Wrong, func(l *ledger.Ledgers) { l.Messages[at(l.Messages, message("msg_t1"))].Body = w1 + " t1" }},
		{"a deletion that is in the log and not in the row", ledger.Wrong, func(l *ledger.Ledgers) { l.Messages[at(l.Messages, message("msg_t2"))].Deleted = false }},
		{"the API leaves an event out", ledger.Lost, func(l *ledger.Ledgers) { l.Shown = slices.DeleteFunc(l.Shown, event("evt_t3")) }},
		{"the API shows an event that is not there", ledger.Stray, func(l *ledger.Ledgers) { l.Shown = append(l.Shown, ledger.Event{Workspace: w1, Seq: 8, ID: "evt_no"}) }},
		{"a subscriber lacks an event", ledger.Lost, func(l *ledger.Ledgers) { l.Received = slices.DeleteFunc(l.Received, heard("one", "evt_t4")) }},
		{"a subscriber lacks the end", ledger.Lost, func(l *ledger.Ledgers) { l.Received = slices.DeleteFunc(l.Received, heard("all", "evt_t6")) }},
		{"a subscriber has an event twice", ledger.Twice, func(l *ledger.Ledgers) {
			l.Received = append(l.Received, l.Received[at(l.Received, heard("all", "evt_t3"))])
		}},
		{"a subscriber has two events in the wrong order", ledger.Hole, func(l *ledger.Ledgers) {
			i, j := at(l.Received, heard("all", "evt_t3")), at(l.Received, heard("all", "evt_t4"))
			l.Received[i], l.Received[j] = l.Received[j], l.Received[i]
		}},
		{"a subscriber has an event that was never committed", ledger.Stray, func(l *ledger.Ledgers) {
			l.Received = append(l.Received, ledger.Received{Subscriber: "all", Event: ledger.Event{ID: "evt_gone", Seq: 8, Type: "chat.message.posted"}})
		}},
		{"a subscriber has an event under another number", ledger.Wrong, func(l *ledger.Ledgers) { l.Received[at(l.Received, heard("all", "evt_t4"))].Event.Seq = 4 }},
		{"a subscriber has an event of another workspace", ledger.Foreign, func(l *ledger.Ledgers) {
			r := l.Received[at(l.Received, heard("far", "evt_t7"))]
			r.Subscriber = "all"
			l.Received = append(l.Received, r)
		}},
		{"a subscriber has an event of another channel", ledger.Wrong, func(l *ledger.Ledgers) {
			r := l.Received[at(l.Received, heard("all", "evt_t3"))]
			r.Subscriber = "one"
			l.Received = append(l.Received, r)
		}},
		{"a subscriber read a text of another workspace", ledger.Foreign, func(l *ledger.Ledgers) { l.Received[at(l.Received, heard("all", "evt_t3"))].Body = w2 + " t7" }},
		{"a subscriber's cursor was refused", ledger.Wrong, func(l *ledger.Ledgers) {
			l.Refusals = append(l.Refusals, ledger.Refusal{Subscriber: "all", Reason: "BAD_USER_INPUT"})
		}},
		{"an answer to nothing", ledger.Wrong, func(l *ledger.Ledgers) { answer(l, ledger.Answer{ID: "t0", Outcome: ledger.Refused}) }},
		{"a try's name twice", ledger.Wrong, func(l *ledger.Ledgers) { l.Tries = append(l.Tries, l.Tries[0]) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := sound()
			c.how(&l)
			if r := ledger.Check(l); r.Count(c.fault) == 0 {
				t.Errorf("no finding %q among %v", c.fault, r.Findings)
			}
		})
	}
}

func TestBooks(t *testing.T) {
	t.Parallel()
	books, err := ledger.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	want := sound()
	for _, x := range want.Tries {
		books.Tries.Write(x)
	}
	for _, x := range want.Answers {
		books.Answers.Write(x)
	}
	for _, x := range want.Received {
		books.Received.Write(x)
	}
	books.Refusals.Write(ledger.Refusal{Subscriber: "all", Reason: "no"})
	got, err := books.Close()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Tries, want.Tries) || !slices.Equal(got.Answers, want.Answers) || !slices.Equal(got.Received, want.Received) || len(got.Refusals) != 1 {
		t.Errorf("read back %+v", got)
	}
}
