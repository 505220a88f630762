package world

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
	"karnak/internal/adapter/llmtwin"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/clock"
)

// World is a node with everybody and everything that the tables ask about.
type World struct {
	*apptest.Node
	Clock  *clock.Manual
	People map[string]Person
	// Owner owns the workspace; target is a plain member whom things are done to; stranger belongs to nothing here.
	Owner, Target, Stranger Person
	IDs                     map[string]string
	// Mark stands in every text that is written here: whoever is not of this world must never be shown it.
	Mark string
	made *atomic.Int64
	// everything is the query of digest.
	everything string
}

// Person is somebody signed in; nobody has no token.
type Person struct {
	Name, ID, Email, Token, Refresh, Session string
}

const (
	// Password is everybody's.
	Password = "correct horse battery"
	// Trusting believes X-Forwarded-For, so that each request can come from an address of its own: attempts to sign in
	// are limited by address.
	Trusting = "--trusted-proxies=127.0.0.0/8,::1/128"
)

// Options make a node on a clock that stands still and without jobs, so that nothing happens by itself. Tokens outlive what
// tests move the clock by. A twin stands in for language models.
func Options(t testing.TB, c clock.Clock) apptest.Options {
	t.Helper()
	_, models := apptest.Twin(t, llmtwin.Config{Script: script})
	return apptest.Options{Clock: c, Idle: true, Args: []string{Trusting, "--access-ttl=24h"}, Models: models}
}

// New returns a world in which there is nobody yet. Its clock is that of the node; nil for the machine's.
func New(n *apptest.Node, c *clock.Manual) *World {
	return &World{Node: n, Clock: c, People: map[string]Person{}, IDs: map[string]string{}, made: &atomic.Int64{}}
}

// Beside is another world on the same node.
func (w *World) Beside() *World {
	other := New(w.Node, w.Clock)
	other.made = w.made
	return other
}

// Number counts what was made, for names that are to be unique.
func (w *World) Number() int { return int(w.made.Add(1)) }

// Fill puts ids for $names.
func (w *World) Fill(t *testing.T, p Person, s string) string {
	t.Helper()
	return regexp.MustCompile(`\$\w+`).ReplaceAllStringFunc(s, func(name string) string {
		id, ok := w.Of(p, name[1:])
		if name == "$self" {
			id, ok = p.ID, true
		}
		if !ok {
			t.Fatalf("nothing in the world is named %s", name)
		}
		return fmt.Sprintf("%q", id)
	})
}

// Ask sends an operation by POST, from an address of its own. An empty token is anonymous.
func (w *World) Ask(t testing.TB, token, query string, vars apptest.Vars, headers ...string) apptest.Answer {
	t.Helper()
	n := w.Number()
	headers = append(headers, "User-Agent", "test "+w.Mark, "X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255))
	return w.Do(t, token, query, vars, headers...)
}

// Run does a mutation that has to go well and returns its answer. The input has a clientMutationId.
func (w *World) Run(t testing.TB, p Person, mutation, selection string, input apptest.Vars) apptest.Answer {
	t.Helper()
	if input = maps.Clone(input); input == nil {
		input = apptest.Vars{}
	}
	input["clientMutationId"] = "made" + w.Mark
	query := fmt.Sprintf("mutation($input: %sInput!) { %s(input: $input) { %s userErrors { code message } } }", Title(mutation), mutation, selection)
	a := w.Ask(t, p.Token, query, apptest.Vars{"input": input})
	if len(a.Errors) > 0 || len(a.UserErrors(mutation)) > 0 {
		t.Fatalf("%s by %s: %s", mutation, p.Name, a.Body)
	}
	return a
}

// Title begins a name with a capital, as input types do.
func Title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// SignUp makes somebody new.
func (w *World) SignUp(t testing.TB, name string) Person {
	t.Helper()
	return w.SignUpAs(t, name, fmt.Sprintf("%s%d%s@example.test", strings.ToLower(name), w.Number(), w.Mark), name+w.Mark)
}

// SignUpAs makes somebody new with an address and a name to show.
func (w *World) SignUpAs(t testing.TB, name, email, shown string) Person {
	t.Helper()
	a := w.Run(t, Person{Name: name}, "signUp", "session { id accessToken refreshToken } user { id }",
		apptest.Vars{"email": email, "password": Password, "displayName": shown})
	return Person{
		Name: name, ID: a.Text("signUp.user.id"), Email: email, Session: a.Text("signUp.session.id"),
		Token: a.Text("signUp.session.accessToken"), Refresh: a.Text("signUp.session.refreshToken"),
	}
}

// SignIn begins another session of somebody's.
func (w *World) SignIn(t testing.TB, p Person) Person {
	t.Helper()
	a := w.Run(t, Person{Name: p.Name}, "signIn", "session { id accessToken refreshToken }", apptest.Vars{"email": p.Email, "password": Password})
	p.Session, p.Token, p.Refresh = a.Text("signIn.session.id"), a.Text("signIn.session.accessToken"), a.Text("signIn.session.refreshToken")
	return p
}

// SuperAdmin makes a superAdmin of the platform, who belongs to no workspace but their own.
func (w *World) SuperAdmin(t testing.TB) Person {
	t.Helper()
	p := w.SignUp(t, SuperAdmin)
	w.Write(t, func(tx *ent.Tx) error {
		return tx.User.Update().Where(entuser.ID(p.ID)).SetSuperAdmin(true).Exec(authz.System(t.Context(), "test"))
	})
	return w.SignIn(t, p)
}

// Workspace makes a workspace and returns its id.
func (w *World) Workspace(t testing.TB, owner Person) string {
	t.Helper()
	return w.Run(t, owner, "createWorkspace", "workspace { id }", apptest.Vars{"name": "Acme" + w.Mark, "slug": fmt.Sprintf("acme-%d%s", w.Number(), w.Mark)}).
		Text("createWorkspace.workspace.id")
}

// Invite returns the token and the id of an invitation.
func (w *World) Invite(t testing.TB, by Person, workspaceID, email, role string) (token, id string) {
	t.Helper()
	a := w.Run(t, by, "inviteMember", "token invitation { id }", apptest.Vars{"workspaceId": workspaceID, "email": email, "role": role})
	return a.Text("inviteMember.token"), a.Text("inviteMember.invitation.id")
}

// Join makes somebody a member and returns the id of the membership.
func (w *World) Join(t testing.TB, by, p Person, workspaceID, role string) string {
	t.Helper()
	token, _ := w.Invite(t, by, workspaceID, p.Email, role)
	return w.Run(t, p, "acceptInvitation", "member { id }", apptest.Vars{"token": token}).Text("acceptInvitation.member.id")
}

// Channel makes a channel and returns its id.
func (w *World) Channel(t testing.TB, by Person, workspaceID, visibility string) string {
	t.Helper()
	input := apptest.Vars{"workspaceId": workspaceID, "name": fmt.Sprintf("channel %d%s", w.Number(), w.Mark), "visibility": visibility}
	return w.Run(t, by, "createChannel", "channel { id }", input).Text("createChannel.channel.id")
}

// Enter makes somebody a member of a channel and returns the id of that.
func (w *World) Enter(t testing.TB, by, p Person, channelID string) string {
	t.Helper()
	return w.Run(t, by, "addChannelMember", "member { id }", apptest.Vars{"channelId": channelID, "userId": p.ID}).Text("addChannelMember.member.id")
}

// Send posts a message and returns its id.
func (w *World) Send(t testing.TB, by Person, channelID, body string) string {
	t.Helper()
	return w.Run(t, by, "sendMessage", "message { id }", apptest.Vars{"channelId": channelID, "body": body}).Text("sendMessage.message.id")
}

// Grant gives a permission for some time, on an object where one is named.
func (w *World) Grant(t testing.TB, by, to Person, workspaceID, permission, objectID string, life time.Duration) string {
	t.Helper()
	input := apptest.Vars{
		"workspaceId": workspaceID, "userId": to.ID, "permission": permission, "reason": "for the test" + w.Mark,
		"expiresAt": w.Now().Add(life).Format(time.RFC3339),
	}
	if objectID != "" {
		input["objectId"] = objectID
	}
	return w.Run(t, by, "grantPermission", "grant { id }", input).Text("grantPermission.grant.id")
}

// Now is the time that the node goes by.
func (w *World) Now() time.Time {
	if w.Clock == nil {
		return clock.System{}.Now()
	}
	return w.Clock.Now()
}

// Cursor is the head of a workspace's log.
func (w *World) Cursor(t testing.TB, by Person, workspaceID string) string {
	t.Helper()
	a := w.Must(t, by.Token, `query($w: ID!) { workspace(id: $w) { cursor } }`, apptest.Vars{"w": workspaceID})
	return a.Text("workspace.cursor")
}
