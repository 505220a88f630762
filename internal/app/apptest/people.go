package apptest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen/member"
	"karnak/ent/entgen/user"
)

// Password is the password of everybody whom SignUp makes.
const Password = "correct horse battery"

// Person is somebody signed in.
type Person struct {
	ID, Email, Token, Refresh string
	// Personal is the id of their personal workspace.
	Personal string
}

var people atomic.Int64

// SignUp makes a user and signs them in.
func (n *Node) SignUp(t testing.TB, name string) Person {
	t.Helper()
	p := Person{Email: fmt.Sprintf("p%d@example.test", people.Add(1))}
	a := n.Must(t, "", `mutation($email: String!, $password: String!, $name: String!) {
		signUp(input: {email: $email, password: $password, displayName: $name}) {
			session { accessToken refreshToken } user { id } workspace { id } userErrors { code message } } }`,
		Vars{"email": p.Email, "password": Password, "name": name})
	p.ID, p.Token, p.Refresh = a.Text("signUp.user.id"), a.Text("signUp.session.accessToken"), a.Text("signUp.session.refreshToken")
	p.Personal = a.Text("signUp.workspace.id")
	return p
}

// SuperAdmin makes a superAdmin of the platform.
func (n *Node) SuperAdmin(t testing.TB) Person {
	t.Helper()
	p := n.SignUp(t, "Root")
	n.Write(t, func(tx *ent.Tx) error {
		return tx.User.Update().Where(user.ID(p.ID)).SetSuperAdmin(true).Exec(authz.System(t.Context(), "test"))
	})
	a := n.Must(t, "", `mutation($email: String!, $password: String!) { signIn(input: {email: $email, password: $password}) { session { accessToken refreshToken } userErrors { code } } }`,
		Vars{"email": p.Email, "password": Password})
	p.Token, p.Refresh = a.Text("signIn.session.accessToken"), a.Text("signIn.session.refreshToken")
	return p
}

// Workspace makes a workspace of a person's and returns its id.
func (n *Node) Workspace(t testing.TB, owner Person, slug string) string {
	t.Helper()
	return n.Must(t, owner.Token, `mutation($slug: String!) { createWorkspace(input: {name: $slug, slug: $slug}) { workspace { id } userErrors { code message } } }`,
		Vars{"slug": slug}).Text("createWorkspace.workspace.id")
}

// Join makes a person a member, by invitation.
func (n *Node) Join(t testing.TB, owner, p Person, workspaceID, role string) {
	t.Helper()
	a := n.Must(t, owner.Token, `mutation($w: ID!, $email: String!, $role: String!) { inviteMember(input: {workspaceId: $w, email: $email, role: $role}) { token userErrors { code message } } }`,
		Vars{"w": workspaceID, "email": p.Email, "role": role})
	n.Must(t, p.Token, `mutation($token: String!) { acceptInvitation(input: {token: $token}) { member { id } userErrors { code message } } }`,
		Vars{"token": a.Text("inviteMember.token")})
}

// Channel makes a channel and returns its id.
func (n *Node) Channel(t testing.TB, p Person, workspaceID, name, visibility string) string {
	t.Helper()
	return n.Must(t, p.Token, `mutation($w: ID!, $name: String!, $v: ChannelVisibility!) { createChannel(input: {workspaceId: $w, name: $name, visibility: $v}) { channel { id } userErrors { code message } } }`,
		Vars{"w": workspaceID, "name": name, "v": visibility}).Text("createChannel.channel.id")
}

// Send posts a message and returns its id.
func (n *Node) Send(t testing.TB, p Person, channelID, body string) string {
	t.Helper()
	return n.Must(t, p.Token, `mutation($c: ID!, $body: String!) { sendMessage(input: {channelId: $c, body: $body}) { message { id } userErrors { code message } } }`,
		Vars{"c": channelID, "body": body}).Text("sendMessage.message.id")
}

// MemberID returns the id of a membership.
func (n *Node) MemberID(t testing.TB, workspaceID, userID string) string {
	t.Helper()
	id, err := n.DB().Client().Member.Query().Where(member.WorkspaceID(workspaceID), member.UserID(userID)).OnlyID(authz.System(t.Context(), "test"))
	if err != nil {
		t.Fatal(err)
	}
	return id
}
