package authz_test

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent"
	entuser "karnak/ent/entgen/user"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
)

// world is a node with everybody and everything that the tables ask about.
type world struct {
	*apptest.Node
	clock  *clock.Manual
	people map[string]person
	// owner owns the workspace; target is a plain member whom things are done to; stranger belongs to nothing here.
	owner, target, stranger person
	ids                     map[string]string
	made                    *atomic.Int64
	// everything is the query of digest.
	everything string
}

// person is somebody signed in; nobody has no token.
type person struct {
	name, id, email, token, refresh, session string
}

const (
	password = "correct horse battery"
	// trusting believes X-Forwarded-For, so that each request can come from an address of its own: attempts to sign in
	// are limited by address.
	trusting = "--trusted-proxies=127.0.0.0/8,::1/128"
)

// options make a node on a clock that stands still and without jobs, so that nothing happens by itself. Tokens outlive what
// tests move the clock by.
func options(c clock.Clock) apptest.Options {
	return apptest.Options{Clock: c, Idle: true, Args: []string{trusting, "--access-ttl=24h"}}
}

func newWorld(n *apptest.Node, c *clock.Manual) *world {
	return &world{Node: n, clock: c, people: map[string]person{}, ids: map[string]string{}, made: &atomic.Int64{}}
}

// beside is another world on the same node.
func (w *world) beside() *world {
	other := newWorld(w.Node, w.clock)
	other.made = w.made
	return other
}

// number counts what was made, for names that are to be unique.
func (w *world) number() int { return int(w.made.Add(1)) }

// text puts ids for $names.
func (w *world) text(t *testing.T, p person, s string) string {
	t.Helper()
	return regexp.MustCompile(`\$\w+`).ReplaceAllStringFunc(s, func(name string) string {
		id, ok := w.ids[name[1:]]
		if name == "$self" {
			id, ok = p.id, true
		}
		if !ok {
			t.Fatalf("nothing in the world is named %s", name)
		}
		return fmt.Sprintf("%q", id)
	})
}

func (w *world) ask(t testing.TB, token, query string, vars apptest.Vars) apptest.Answer {
	t.Helper()
	n := w.number()
	return w.Do(t, token, query, vars, "X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255))
}

// run does a mutation that has to go well and returns its answer. The input has a clientMutationId.
func (w *world) run(t testing.TB, p person, mutation, selection string, input apptest.Vars) apptest.Answer {
	t.Helper()
	if input = maps.Clone(input); input == nil {
		input = apptest.Vars{}
	}
	input["clientMutationId"] = "made"
	query := fmt.Sprintf("mutation($input: %sInput!) { %s(input: $input) { %s userErrors { code message } } }", title(mutation), mutation, selection)
	a := w.ask(t, p.token, query, apptest.Vars{"input": input})
	if len(a.Errors) > 0 || len(a.UserErrors(mutation)) > 0 {
		t.Fatalf("%s by %s: %s", mutation, p.name, a.Body)
	}
	return a
}

// title begins a name with a capital, as input types do.
func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// signUp makes somebody new.
func (w *world) signUp(t testing.TB, name string) person {
	t.Helper()
	return w.signUpAs(t, name, fmt.Sprintf("%s%d@example.test", strings.ToLower(name), w.number()), name)
}

func (w *world) signUpAs(t testing.TB, name, email, shown string) person {
	t.Helper()
	a := w.run(t, person{name: name}, "signUp", "session { id accessToken refreshToken } user { id }",
		apptest.Vars{"email": email, "password": password, "displayName": shown})
	return person{
		name: name, id: a.Text("signUp.user.id"), email: email, session: a.Text("signUp.session.id"),
		token: a.Text("signUp.session.accessToken"), refresh: a.Text("signUp.session.refreshToken"),
	}
}

// signIn begins another session of somebody's.
func (w *world) signIn(t testing.TB, p person) person {
	t.Helper()
	a := w.run(t, person{name: p.name}, "signIn", "session { id accessToken refreshToken }", apptest.Vars{"email": p.email, "password": password})
	p.session, p.token, p.refresh = a.Text("signIn.session.id"), a.Text("signIn.session.accessToken"), a.Text("signIn.session.refreshToken")
	return p
}

// superAdmin makes a superAdmin of the platform, who belongs to no workspace but their own.
func (w *world) superAdmin(t testing.TB) person {
	t.Helper()
	p := w.signUp(t, superAdmin)
	w.Write(t, func(tx *ent.Tx) error {
		return tx.User.Update().Where(entuser.ID(p.id)).SetSuperAdmin(true).Exec(authz.System(t.Context(), "test"))
	})
	return w.signIn(t, p)
}

func (w *world) workspace(t testing.TB, owner person) string {
	t.Helper()
	return w.run(t, owner, "createWorkspace", "workspace { id }", apptest.Vars{"name": "Acme", "slug": fmt.Sprintf("acme-%d", w.number())}).
		Text("createWorkspace.workspace.id")
}

// invite returns the token and the id of an invitation.
func (w *world) invite(t testing.TB, by person, workspaceID, email, role string) (token, id string) {
	t.Helper()
	a := w.run(t, by, "inviteMember", "token invitation { id }", apptest.Vars{"workspaceId": workspaceID, "email": email, "role": role})
	return a.Text("inviteMember.token"), a.Text("inviteMember.invitation.id")
}

// join makes somebody a member and returns the id of the membership.
func (w *world) join(t testing.TB, by, p person, workspaceID, role string) string {
	t.Helper()
	token, _ := w.invite(t, by, workspaceID, p.email, role)
	return w.run(t, p, "acceptInvitation", "member { id }", apptest.Vars{"token": token}).Text("acceptInvitation.member.id")
}

func (w *world) channel(t testing.TB, by person, workspaceID, visibility string) string {
	t.Helper()
	input := apptest.Vars{"workspaceId": workspaceID, "name": fmt.Sprintf("channel %d", w.number()), "visibility": visibility}
	return w.run(t, by, "createChannel", "channel { id }", input).Text("createChannel.channel.id")
}

func (w *world) enter(t testing.TB, by, p person, channelID string) string {
	t.Helper()
	return w.run(t, by, "addChannelMember", "member { id }", apptest.Vars{"channelId": channelID, "userId": p.id}).Text("addChannelMember.member.id")
}

func (w *world) send(t testing.TB, by person, channelID, body string) string {
	t.Helper()
	return w.run(t, by, "sendMessage", "message { id }", apptest.Vars{"channelId": channelID, "body": body}).Text("sendMessage.message.id")
}

// grant gives a permission for some time, on an object where one is named.
func (w *world) grant(t testing.TB, by, to person, workspaceID, permission, objectID string, life time.Duration) string {
	t.Helper()
	input := apptest.Vars{
		"workspaceId": workspaceID, "userId": to.id, "permission": permission, "reason": "for the test",
		"expiresAt": w.now().Add(life).Format(time.RFC3339),
	}
	if objectID != "" {
		input["objectId"] = objectID
	}
	return w.run(t, by, "grantPermission", "grant { id }", input).Text("grantPermission.grant.id")
}

func (w *world) now() time.Time {
	if w.clock == nil {
		return clock.System{}.Now()
	}
	return w.clock.Now()
}

// cursor is the head of a workspace's log.
func (w *world) cursor(t testing.TB, by person, workspaceID string) string {
	t.Helper()
	a := w.Must(t, by.token, `query($w: ID!) { workspace(id: $w) { cursor } }`, apptest.Vars{"w": workspaceID})
	return a.Text("workspace.cursor")
}
