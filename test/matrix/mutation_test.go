package matrix_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
	"karnak/test/world"
)

// extras has values of input fields that the providers of mutations leave out: $names stand for ids.
func extras() map[string]any {
	return map[string]any{
		"SendMessageInput.replyToId": "$message", "GrantPermissionInput.objectId": "$public",
		"SendMessageInput.id": "$message", "CreateWorkspaceInput.id": "$workspace", "CreateChannelInput.id": "$public",
		"CreateRoleInput.id": "$role", "GrantPermissionInput.id": "$grant",
		"UpdateWorkspaceInput.expectedVersion": 99, "UpdateChannelInput.expectedVersion": 99, "EditMessageInput.expectedVersion": 99,
		"UpdateRoleInput.expectedVersion": 99, "SetEventRetentionInput.expectedVersion": 99, "UpdateChannelInput.name": "another name", "CreateChannelInput.topic": "a topic",
		"UpdateRoleInput.parents": []string{"user"}, "UpdateRoleInput.deny": []string{"chat:write"}, "CreateRoleInput.parents": []string{"user"},
		"CreateRoleInput.deny": []string{"chat:write"}, "SignOutInput.everywhere": false, "SetTypingInput.typing": false,
		"CreateConversationInput.id": "$conversation", "CreateConversationInput.model": model, "CreateConversationInput.instructions": "be brief",
		"UpdateConversationInput.activeLeafId": "$prompt", "UpdateConversationInput.expectedVersion": 99, "UpdateConversationInput.instructions": "be long",
		"UpdateConversationInput.model": model, "StartGenerationInput.maxTokens": 5, "StartGenerationInput.messageId": "$prompt", "StartGenerationInput.model": model,
		"StartGenerationInput.parentId": "$prompt", "RegenerateInput.maxTokens": 5, "RegenerateInput.model": model,
		"EditAndRegenerateInput.maxTokens": 5, "EditAndRegenerateInput.model": model, "ForkConversationInput.title": "a copy",
		"CreateConversationInput.tools": []string{"double"}, "UpdateConversationInput.tools": []string{"double"},
		"RegisterToolVersionInput.approval": "ALWAYS", "RegisterToolVersionInput.clock": true, "RegisterToolVersionInput.timeout": "PT5S",
		"ApproveToolChangeInput.note": "good", "DeprecateToolVersionInput.note": "old", "InvokeToolInput.number": "1.0.0", "ApproveToolCallInput.note": "well",
		"TerminateConnectionInput.reconnect": false, "TerminateConnectionInput.reason": "for the test",
	}
}

// model is one that answers in every tenant.
const model = llmtwin.Name + "/" + llmtwin.Model

// made returns the provider that makes a mutation's input about what is a tenant's: it is to be refused to others.
func made(mutation string) world.Provider {
	all := world.Providers()
	if p := all[mutation+"@else"]; p != nil && mutation == "acceptInvitation" {
		return p // made out to somebody
	}
	return all[mutation]
}

// mutations returns the names of the mutations.
func (s *stage) mutations() []string { return slices.Sorted(maps.Keys(s.schema["Mutation"])) }

func (s *stage) inputOf(mutation string) string {
	return s.schema["Mutation"][mutation].Args[0].Type.Named().Name
}

// call writes the call of a mutation that selects all of its payload.
func (s *stage) call(mutation string, input apptest.Vars) request {
	payload := s.deep(s.schema["Mutation"][mutation].Type.Named().Name, 2)
	text := fmt.Sprintf("mutation($input: %s!) { %s(input: $input) %s }", s.inputOf(mutation), mutation, payload)
	return request{text: text, vars: apptest.Vars{"input": input}}
}

// refers reports whether something in an input is of a tenant.
func (s *stage) refers(mutation string, input apptest.Vars) bool {
	for field := range input {
		if p := s.policy[s.inputOf(mutation)+"."+field]; p == takesID || p == proves {
			return true
		}
	}
	return false
}

// mutate has each mutation called by an admin of what it is about, which changes nothing of other tenants, and then by
// everybody else, who are answered as if nothing were there.
func (s *stage) mutate(t *testing.T) {
	for _, m := range s.mutations() {
		if made(m) == nil {
			t.Errorf("%s has no provider: give test/world.Providers one", m)
			continue
		}
		if enough(t) {
			return
		}
		s.doOwn(t, m)
		s.doForeign(t, m)
	}
}

func (s *stage) doOwn(t *testing.T, m string) {
	t.Helper()
	b, c := s.DigestOf(t, s.b.IDs["workspace"]), s.DigestOf(t, s.c.IDs["workspace"])
	p := s.principal(entitled(m))
	try := world.Providers()[m](t, s.a, maker(s.a, m))
	if try.As != nil {
		p.who = *try.As
	}
	q := s.call(m, try.Input)
	q.key = "the key of " + m
	if r := s.send(t, p, wayOf(try), q); r.failed(t) || len(r.answer(t).UserErrors(m)) > 0 {
		t.Errorf("%s by an admin: %s", m, r.body)
	}
	if try.After != nil {
		try.After()
	}
	s.replay(t, m, q)
	for _, changed := range [][]string{b.Changed(s.DigestOf(t, s.b.IDs["workspace"])), c.Changed(s.DigestOf(t, s.c.IDs["workspace"]))} {
		if changed != nil {
			t.Errorf("%s by one tenant changed %v of another", m, changed)
		}
	}
}

// wayOf is the way that a mutation is meant to be called by.
func wayOf(try world.Attempt) string {
	if try.Live {
		return socket
	}
	return post
}

// replay has others send what was done, under its idempotency key and under another: the key is the caller's own.
func (s *stage) replay(t *testing.T, m string, q request) {
	t.Helper()
	if !s.refers(m, q.vars["input"].(apptest.Vars)) {
		return
	}
	s.each(func(p principal) {
		if p.foreign != s.a {
			return
		}
		again, fresh := q, q
		fresh.key = "another key of " + m
		same(t, m+" under a used key", p, post, q, masked(s.send(t, p, post, again), nil), masked(s.send(t, p, post, fresh), nil))
	})
}

func (s *stage) doForeign(t *testing.T, m string) {
	t.Helper()
	inputs := map[*world.World]apptest.Vars{}
	for _, w := range s.tenants() {
		inputs[w] = made(m)(t, w, maker(w, m)).Input
	}
	if !s.refers(m, inputs[s.a]) {
		return
	}
	s.own(t)
	before := s.Digest(t)
	s.each(func(p principal) {
		if !p.super {
			s.compare(t, m, p, inputs[p.foreign])
		}
	})
	if changed := before.Changed(s.Digest(t)); changed != nil {
		t.Errorf("%s of what is foreign changed %v", m, changed)
	}
}

// compare gives an input about what is foreign and the same about what is missing.
func (s *stage) compare(t *testing.T, m string, p principal, input apptest.Vars) {
	t.Helper()
	foreign := s.call(m, input)
	for _, way := range p.ways(true) {
		absent, names := lost(input)
		missing := s.call(m, absent)
		r := s.send(t, p, way, foreign)
		refusedOf(t, m, m, p, r)
		same(t, m, p, way, foreign, masked(r, named(input)), masked(s.send(t, p, way, missing), names))
	}
	if r := s.send(t, p, get, foreign); r.status != 405 && !p.shut {
		t.Errorf("%s for %s by GET: %d %s", m, p.name, r.status, r.body)
	}
}

func refusedOf(t *testing.T, what, m string, p principal, r reply) {
	t.Helper()
	if !r.failed(t) && len(r.answer(t).UserErrors(m)) == 0 {
		t.Errorf("%s of what is foreign was done for %s: %s", what, p.name, r.body)
	}
}

// reference is an id, or a token.
var reference = regexp.MustCompile(`^(` + anID.String() + `|k[a-z]+_[A-Za-z0-9_.-]{40,})$`)

// walk changes the texts of an input that are ids or tokens.
func walk(v any, change func(string) string) any {
	switch x := v.(type) {
	case string:
		if reference.MatchString(x) {
			return change(x)
		}
	case []string:
		out := make([]string, len(x))
		for i, y := range x {
			out[i] = walk(y, change).(string)
		}
		return out
	case apptest.Vars:
		out := apptest.Vars{}
		for k, y := range x {
			out[k] = walk(y, change)
		}
		return out
	}
	return v
}

// named gives the references of an input names, by their order.
func named(input apptest.Vars) map[string]string {
	names := map[string]string{}
	for _, k := range slices.Sorted(maps.Keys(input)) {
		walk(input[k], func(x string) string {
			names[fmt.Sprint("r", len(names))] = x
			return x
		})
	}
	return names
}

// lost is an input with references that are nobody's, and their names.
func lost(input apptest.Vars) (apptest.Vars, map[string]string) {
	swapped := map[string]string{}
	out := walk(input, func(x string) string {
		if swapped[x] == "" {
			swapped[x] = nobodys(x)
		}
		return swapped[x]
	}).(apptest.Vars)
	return out, named(out)
}

// nobodys is a reference of the same form that leads nowhere.
func nobodys(x string) string {
	if anID.FindString(x) == x {
		return id.New(id.PrefixOf(x))
	}
	prefix, rest, _ := strings.Cut(x, "_")
	return prefix + "_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r < 'z' {
			return r + 1
		}
		return r
	}, rest)
}
