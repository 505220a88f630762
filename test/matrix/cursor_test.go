package matrix_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"karnak/internal/app/apptest"
	"karnak/test/world"
)

// list is a field with pages.
type list struct {
	on, field string
	args      []world.Arg
	// log says that its cursors are those of the log.
	log bool
}

// lists returns every field that takes a cursor.
func (s *stage) lists() (out []list) {
	for _, x := range s.parameters() {
		if isCursor(x.arg) && x.arg.Name == "after" && x.on != "Subscription" {
			out = append(out, list{x.on, x.field, s.schema[x.on][x.field].Args, x.field == "activity"})
		}
	}
	return out
}

func (l list) name() string { return l.on + "." + l.field }

// ask writes a document for a page.
func (s *stage) page(l list, args string) string {
	for _, a := range l.args {
		if a.Required() {
			args += ", " + a.Name + ": " + s.given(a, l.name()+"("+a.Name+")")[0]
		}
	}
	selection := l.field + "(" + args + ") " + s.deep(s.schema[l.on][l.field].Type.Named().Name, 1)
	return strings.Replace(mine(world.Routes()[l.on].Open), "%s", selection, 1)
}

// cursor is the place of the first entry of a list, as somebody sees it.
func (s *stage) cursor(t *testing.T, l list, p principal) string {
	t.Helper()
	a := s.send(t, p, post, request{text: s.fill(t, p, s.page(l, "first: 1"), nil)}).answer(t)
	return first(a.Data, "endCursor")
}

// first finds a string under a key, wherever it is.
func first(v any, key string) string {
	switch x := v.(type) {
	case map[string]any:
		if s, ok := x[key].(string); ok {
			return s
		}
		for _, y := range x {
			if s := first(y, key); s != "" {
				return s
			}
		}
	case []any:
		for _, y := range x {
			if s := first(y, key); s != "" {
				return s
			}
		}
	}
	return ""
}

// readCursors gives each list cursors of another tenant's same list, of other lists and forged ones.
func (s *stage) readCursors(t *testing.T) {
	for _, l := range s.lists() {
		owner, stranger := s.reader(l), s.principal("foreign admin")
		if l.on == "Admin" {
			stranger = owner // the list of no tenant
		}
		own, foreign := s.cursor(t, l, owner), s.cursor(t, l, stranger)
		if own == "" || foreign == "" {
			t.Errorf("%s: no cursor to give", l.name())
			continue
		}
		for _, a := range l.args {
			if !isCursor(a) {
				continue
			}
			s.place(t, l, a.Name, own, foreign)
			for _, other := range s.lists() {
				if c := s.cursor(t, other, s.reader(other)); other.name() != l.name() && c != "" {
					s.refused(t, owner, l, a.Name, c, "of "+other.name())
				}
			}
		}
	}
}

// reader is who reads a list.
func (s *stage) reader(l list) principal {
	if l.on == "Admin" {
		return s.principal(world.SuperAdmin)
	}
	return s.principal("owner")
}

func (s *stage) principal(name string) principal {
	for _, p := range s.principals {
		if p.name == name {
			return p
		}
	}
	return principal{}
}

// place gives a list its own cursor, forged ones, and one of another tenant.
func (s *stage) place(t *testing.T, l list, arg, own, foreign string) {
	t.Helper()
	owner := s.reader(l)
	if r := s.send(t, owner, post, s.at(t, owner, l, arg, own)); r.failed(t) {
		t.Errorf("%s(%s): its own cursor is refused: %s", l.name(), arg, r.body)
	}
	for what, c := range forged(t, own) {
		s.refused(t, owner, l, arg, c, what)
	}
	if l.log {
		s.refused(t, owner, l, arg, foreign, "of another tenant")
	}
	for _, p := range s.principals {
		for _, way := range p.ways(false) {
			s.send(t, p, way, s.at(t, p, l, arg, foreign)) // shows nothing
		}
	}
}

func (s *stage) at(t *testing.T, p principal, l list, arg, cursor string) request {
	t.Helper()
	return request{text: s.fill(t, p, s.page(l, fmt.Sprintf("%s: %q", arg, cursor)), nil)}
}

func (s *stage) refused(t *testing.T, p principal, l list, arg, cursor, what string) {
	t.Helper()
	q := s.at(t, p, l, arg, cursor)
	if r := s.send(t, p, post, q); r.answer(t).Code() != "BAD_USER_INPUT" {
		t.Errorf("%s(%s): a cursor %s is not refused\n  request: %s\n  answer:  %s", l.name(), arg, what, q.text, r.body)
	}
}

// The layouts of the cursors: of a page its tag and then JSON, of the log the place and then its tag.
const (
	pageTag = 10
	logSize = 45
	logSeq  = 32
)

// forged makes cursors of a good one that were never given out: another place under the same tag, and another tag.
func forged(t *testing.T, cursor string) map[string]string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) < pageTag+3 {
		t.Fatalf("%s is no cursor: %v", cursor, err)
	}
	moved, tagged := []byte(string(raw)), []byte(string(raw))
	if len(raw) == logSize && raw[pageTag] != '[' {
		moved[logSeq] ^= 1
		tagged[logSize-1] ^= 1
	} else {
		tagged[0] ^= 1
		at := len(raw) - 2
		if raw[at] == '"' {
			at--
		}
		if moved[at] = '1'; raw[at] == '1' {
			moved[at] = '2'
		}
	}
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]string{"of another place": encode(moved), "under another tag": encode(tagged)}
}

// refuseStreams subscribes to what is foreign and missing, and with the cursors of others.
func (s *stage) refuseStreams(t *testing.T) {
	given := map[string][]string{
		"Subscription.channelEvents(channelId)": {"public", "private", "direct"}, "Subscription.activity(workspaceId)": {"workspace"},
		"Subscription.presence(channelId)": {"public", "private", "direct"}, "Subscription.generationEvents(generationId)": {"generation", "failed"},
		"Subscription.toolInvocationEvents(toolInvocationId)": {"invocation", "failedInvocation"},
	}
	for _, x := range s.parameters() {
		if x.on != "Subscription" || s.policy[x.coordinate()] != takesID || x.arg.Type.Named().Kind == "INPUT_OBJECT" {
			continue
		}
		if given[x.coordinate()] == nil {
			t.Errorf("%s has no value: give refuseStreams in test/matrix/cursor_test.go one", x.coordinate())
		}
		for _, name := range given[x.coordinate()] {
			text := fmt.Sprintf("subscription($o: ID!, $after: Cursor) { %s(%s: $o, after: $after) { __typename id cursor } }", x.field, x.arg.Name)
			switch x.field {
			case "presence": // has no cursor
				text = world.Presence
			case "toolInvocationEvents":
				text = "subscription($o: ID!, $after: Cursor) { toolInvocationEvents(toolInvocationId: $o, after: $after) { __typename seq cursor } }"
			case "generationEvents":
				text = "subscription($o: ID!, $after: Cursor) { generationEvents(generationId: $o, after: $after) { __typename seq cursor } }"
			}
			for _, p := range s.principals {
				s.refuseStream(t, x.coordinate(), p, text, name)
			}
		}
	}
}

func (s *stage) refuseStream(t *testing.T, what string, p principal, text, name string) {
	t.Helper()
	if p.shut || p.super {
		return
	}
	head := s.Cursor(t, p.foreign.Owner, p.foreign.IDs["workspace"])
	for _, after := range []any{nil, head} {
		foreign := request{text: text, vars: apptest.Vars{"o": p.foreign.IDs[name], "after": after}}
		missing := request{text: text, vars: apptest.Vars{"o": s.missing[name], "after": after}}
		r := s.send(t, p, socket, foreign)
		if !r.failed(t) {
			t.Errorf("%s for %s: a foreign stream is open: %s", what, p.name, r.body)
		}
		same(t, what, p, socket, foreign, masked(r, p.foreign.IDs), masked(s.send(t, p, socket, missing), s.missing))
	}
	if p.own == nil || !strings.Contains(text, "$after") {
		return
	}
	object, cursors := s.ownStream(t, p, text, head)
	for label, cursor := range cursors {
		q := request{text: text, vars: apptest.Vars{"o": object, "after": cursor}}
		if r := s.send(t, p, socket, q); r.answer(t).Code() != "BAD_USER_INPUT" {
			t.Errorf("%s for %s: %s is not refused: %s", what, p.name, label, r.body)
		}
	}
}

// ownStream returns what a subscription of somebody's own is about, and cursors that it has to refuse.
func (s *stage) ownStream(t *testing.T, p principal, text, head string) (object string, cursors map[string]string) {
	t.Helper()
	switch {
	case strings.Contains(text, "generationEvents"):
		object, _ = p.own.Of(p.who, "generation")
		good, _ := p.own.Of(p.who, "beforeTextDelta")
		if p.name == "member of both" { // has no conversation
			return object, nil
		}
		return object, map[string]string{"a foreign cursor": p.foreign.IDs["beforeTextDelta"], "one of the log": head, "a forged one": "B" + good[1:]}
	case strings.Contains(text, "toolInvocationEvents"):
		object, _ = p.own.Of(p.who, "invocation")
		good, _ := p.own.Of(p.who, "beforeToolInvocationEnded")
		if p.name == "member of both" { // has no run
			return object, nil
		}
		return object, map[string]string{"a foreign cursor": p.foreign.IDs["beforeToolInvocationEnded"], "one of the log": head, "a forged one": "B" + good[1:]}
	case strings.Contains(text, "workspaceId"):
		object = p.own.IDs["workspace"]
	default:
		object = p.own.IDs["public"]
	}
	return object, map[string]string{"a foreign cursor": head, "a forged one": forged(t, s.Cursor(t, p.own.Owner, p.own.IDs["workspace"]))["of another place"]}
}
