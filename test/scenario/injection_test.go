package scenario_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"karnak/internal/adapter/llmtwin"
	"karnak/internal/app/apptest"
)

// attacks are strings that break what is not careful with them.
func attacks() map[string]string {
	return map[string]string{
		"quotes":            `'";--\' OR '1'='1`,
		"a placeholder":     "$1 ? :a %s {{.}} ${x}",
		"NUL":               "a\x00b",
		"64 KB":             strings.Repeat("x'", 32<<10),
		"right to left":     "\u202eabc\u202c \u05d0",
		"an emoji":          "👩‍👩‍👧🎉",
		"SVG":               "<svg onload=1>",
		"a formula":         "=1+1",
		"a second line":     "a\r\nlevel=ERROR b",
		"a search operator": `"a* NEAR(b) AND col:x & | ! <-> (`,
	}
}

// refusals are the codes that a strange string may be answered with.
var refusals = []string{"BAD_USER_INPUT", "FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED"}

// TestInjection puts every attack into every text and every id of every mutation, the rest of whose input is good: it is
// refused with a code for it, or kept exactly as it came.
func TestInjection(t *testing.T) {
	t.Parallel()
	_, models := apptest.Twin(t, llmtwin.Config{Script: func(c *llmtwin.Call) llmtwin.Script { return llmtwin.Words(c.Asked(), c, 0) }})
	apptest.Each(t, apptest.Options{Args: []string{"--trusted-proxies=127.0.0.0/8"}, Models: models}, func(t *testing.T, n *apptest.Node) {
		x, calls := newTarget(t, n), 0
		inputs := x.inputs()
		stored := map[string]int{}
		for _, m := range x.mutations {
			good, ok := inputs[m.name]
			if !ok {
				t.Errorf("inputs() has no good input for %s", m.name)
				continue
			}
			for _, f := range m.inputs {
				for name, attack := range attacks() {
					by, input := good()
					input = maps.Clone(input)
					if input[f.name] = attack; f.list {
						input[f.name] = []string{attack}
					}
					calls++
					if x.attack(t, by, m, f.name, name, input, attack) {
						stored[m.name+"."+f.name]++
					}
				}
			}
		}
		for _, f := range []string{
			"sendMessage.body", "editMessage.body", "createChannel.name", "createChannel.topic", "updateChannel.topic",
			"createWorkspace.name", "updateWorkspace.name", "updateProfile.displayName", "signUp.displayName", "grantPermission.reason",
			"createConversation.title", "createConversation.instructions", "updateConversation.instructions",
			"sendMessage.clientMutationId", "signOut.clientMutationId",
		} {
			if stored[f] < 4 {
				t.Errorf("%s kept %d attacks: the good input is not good", f, stored[f])
			}
		}
		t.Logf("%d calls, %v", calls, stored)
		if a := n.Must(t, x.owner.Token, `{ viewer { user { id } } }`, nil); a.Text("viewer.user.id") != x.owner.ID {
			t.Errorf("afterwards: %s", a.Body)
		}
	})
}

// attack makes one call and reports whether the attack was kept.
func (x *target) attack(t *testing.T, by apptest.Person, m mutation, field, name string, input apptest.Vars, attack string) bool {
	t.Helper()
	where := fmt.Sprintf("%s.%s, %s", m.name, field, name)
	kept, selection := "", "userErrors { code field message } clientMutationId"
	if m.object != "" {
		selection += " " + m.object + " { id }"
		if m.keeps[field] {
			selection = strings.Replace(selection, "{ id }", "{ id kept: "+field+" }", 1)
			kept = m.name + "." + m.object + ".kept"
		}
	}
	if field == "clientMutationId" {
		kept = m.name + ".clientMutationId"
	}
	a := x.Do(t, by.Token, fmt.Sprintf("mutation($input: %s!) { %s(input: $input) { %s } }", m.input, m.name, selection), apptest.Vars{"input": input},
		"X-Forwarded-For", x.address())
	if !x.sound(t, where, a) || len(a.Errors) > 0 || (len(a.UserErrors(m.name)) > 0 && field != "clientMutationId") {
		return false
	}
	if kept == "" {
		return true
	}
	if got := a.Get(kept); fmt.Sprint(got) != attack && fmt.Sprint(got) != fmt.Sprint([]string{attack}) {
		t.Errorf("%s: %.80q was kept as %.80q", where, attack, got)
	}
	x.reread(t, by, m, field, where, a, attack)
	return true
}

// reread asks for the object again.
func (x *target) reread(t *testing.T, by apptest.Person, m mutation, field, where string, a apptest.Answer, attack string) {
	t.Helper()
	id := a.Text(m.name + "." + m.object + ".id")
	if id == "" || !m.keeps[field] || !m.node {
		return
	}
	again := x.Do(t, by.Token, fmt.Sprintf("query($id: ID!) { node(id: $id) { ... on %s { kept: %s } } }", m.kind, field), apptest.Vars{"id": id})
	if got := again.Get("node.kept"); by.Token != "" && fmt.Sprint(got) != attack && fmt.Sprint(got) != fmt.Sprint([]string{attack}) {
		t.Errorf("%s: read again it is %.80q: %.200s", where, got, again.Body)
	}
}

// sound checks that an answer is one that a caller can mend.
func (x *target) sound(t *testing.T, where string, a apptest.Answer) bool {
	t.Helper()
	if a.Status >= 500 {
		t.Errorf("%s: status %d: %.300s", where, a.Status, a.Body)
		return false
	}
	for _, e := range a.Errors {
		code, _ := e.Extensions["code"].(string)
		if !slices.Contains(refusals, code) || strings.Contains(e.Message, "pq:") || strings.Contains(e.Message, "SQL") {
			t.Errorf("%s: %.300s", where, a.Body)
			return false
		}
	}
	if len(a.Errors) > 0 && len(a.Body) > 8<<10 {
		t.Errorf("%s: a refusal of %d bytes", where, len(a.Body))
	}
	return true
}

func TestInjectionIntoQueries(t *testing.T) {
	t.Parallel()
	queries := map[string]string{
		"searchMessages": `query($s: String!, $w: ID!) { workspace(id: $w) { searchMessages(query: $s) { totalCount nodes { body } } } }`,
		"search page":    `query($s: Cursor!, $w: ID!) { workspace(id: $w) { searchMessages(query: "a", after: $s) { nodes { body } } } }`,
		"channels page":  `query($s: Cursor!, $w: ID!) { workspace(id: $w) { channels(before: $s, last: 5) { nodes { id } } } }`,
		"slug":           `query($s: String!, $w: ID!) { workspace(slug: $s) { id } node(id: $w) { id } }`,
		"node":           `query($s: ID!, $w: ID!) { node(id: $s) { id } nodes(ids: [$s, $w]) { id } }`,
		"can":            `query($s: String!, $w: ID!) { viewer { can(permissions: [$s], objectId: $w) { allowed } } }`,
		"explainAccess":  `query($s: String!, $w: ID!) { explainAccess(subjectId: "user_00000000000000000000000000", permission: $s, objectId: $w) { allowed } }`,
	}
	apptest.Each(t, apptest.Options{Args: []string{"--trusted-proxies=127.0.0.0/8"}}, func(t *testing.T, n *apptest.Node) {
		x := newTarget(t, n)
		for where, q := range queries {
			for name, attack := range attacks() {
				a := n.Do(t, x.owner.Token, q, apptest.Vars{"s": attack, "w": x.workspace})
				if x.sound(t, where+", "+name, a); len(a.Errors) == 0 && strings.Contains(string(a.Body), x.canary) {
					t.Errorf("%s, %s finds what it did not ask for: %.300s", where, name, a.Body)
				}
			}
		}
	})
}
