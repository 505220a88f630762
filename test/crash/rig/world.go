package rig

import (
	"context"
	"fmt"
)

// Person is somebody signed in.
type Person struct{ ID, Email, Token string }

// Workspace is a workspace with its people, who may all write and delete, and its channels. Cursor is the end of its log once
// it was made, and Base the number of the event there.
type Workspace struct {
	ID       string
	People   []Person
	Channels []string
	Cursor   string
	Base     int64
}

const (
	signUp = `mutation($email: String!, $name: String!) { signUp(input: {email: $email, password: "correct horse battery", displayName: $name}) {
 session { accessToken } user { id } userErrors { code message } } }`
	createWorkspace = `mutation($slug: String!) { createWorkspace(input: {name: $slug, slug: $slug}) { workspace { id } userErrors { code message } } }`
	invite          = `mutation($w: ID!, $email: String!) { inviteMember(input: {workspaceId: $w, email: $email, role: "pro"}) { token userErrors { code message } } }`
	accept          = `mutation($token: String!) { acceptInvitation(input: {token: $token}) { member { id } userErrors { code message } } }`
	createChannel   = `mutation($w: ID!, $name: String!) { createChannel(input: {workspaceId: $w, name: $name}) { channel { id } userErrors { code message } } }`
	newest          = `query($w: ID!, $channels: [ID!]) { workspace(id: $w) { activity(first: 1, filter: {channelIds: $channels}) { nodes { seq cursor } } } }`
)

// user errors of a payload, which a world that is made may not have.
type userErrors []struct{ Code, Message string }

func (e userErrors) err() error {
	if len(e) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %s", e[0].Code, e[0].Message)
}

// MakeWorkspaces makes workspaces of two people and two channels each.
func (a *API) MakeWorkspaces(ctx context.Context, count int) ([]Workspace, error) {
	out := make([]Workspace, count)
	for i := range out {
		if err := a.makeWorkspace(ctx, i, &out[i]); err != nil {
			return nil, fmt.Errorf("make a workspace: %w", err)
		}
	}
	return out, nil
}

func (a *API) makeWorkspace(ctx context.Context, n int, w *Workspace) error {
	for i, name := range []string{"owner", "member"} {
		p, err := a.signUp(ctx, fmt.Sprintf("%s-%d", name, n), fmt.Sprintf("10.1.%d.%d", n, i+1))
		if err != nil {
			return err
		}
		w.People = append(w.People, p)
	}
	owner, member := w.People[0], w.People[1]
	var made struct {
		CreateWorkspace struct {
			Workspace  struct{ ID string }
			UserErrors userErrors
		}
	}
	if err := a.made(ctx, owner, createWorkspace, map[string]any{"slug": fmt.Sprintf("crash-%d", n)}, &made, &made.CreateWorkspace.UserErrors); err != nil {
		return err
	}
	w.ID = made.CreateWorkspace.Workspace.ID
	if err := a.join(ctx, w.ID, owner, member); err != nil {
		return err
	}
	return a.furnish(ctx, w)
}

func (a *API) signUp(ctx context.Context, name, from string) (Person, error) {
	var made struct {
		SignUp struct {
			Session    struct{ AccessToken string }
			User       struct{ ID string }
			UserErrors userErrors
		}
	}
	p := Person{Email: name + "@crash.example"}
	if err := a.Do(ctx, Call{Query: signUp, Vars: map[string]any{"email": p.Email, "name": name}, From: from}, &made); err != nil {
		return p, err
	}
	p.ID, p.Token = made.SignUp.User.ID, made.SignUp.Session.AccessToken
	return p, made.SignUp.UserErrors.err()
}

// made runs a mutation that has to go well; user errors are where its answer has them.
func (a *API) made(ctx context.Context, p Person, query string, vars map[string]any, into any, faults *userErrors) error {
	if err := a.Do(ctx, Call{Token: p.Token, Query: query, Vars: vars}, into); err != nil {
		return err
	}
	return faults.err()
}

func (a *API) join(ctx context.Context, workspace string, owner, member Person) error {
	var invited struct {
		InviteMember struct {
			Token      string
			UserErrors userErrors
		}
	}
	if err := a.made(ctx, owner, invite, map[string]any{"w": workspace, "email": member.Email}, &invited, &invited.InviteMember.UserErrors); err != nil {
		return err
	}
	var joined struct {
		AcceptInvitation struct{ UserErrors userErrors }
	}
	return a.made(ctx, member, accept, map[string]any{"token": invited.InviteMember.Token}, &joined, &joined.AcceptInvitation.UserErrors)
}

// furnish makes the channels.
func (a *API) furnish(ctx context.Context, w *Workspace) error {
	for _, name := range []string{"general", "random"} {
		var made struct {
			CreateChannel struct {
				Channel    struct{ ID string }
				UserErrors userErrors
			}
		}
		if err := a.made(ctx, w.People[0], createChannel, map[string]any{"w": w.ID, "name": name}, &made, &made.CreateChannel.UserErrors); err != nil {
			return err
		}
		w.Channels = append(w.Channels, made.CreateChannel.Channel.ID)
	}
	return a.end(ctx, w)
}

// end looks where the log of a workspace ends.
func (a *API) end(ctx context.Context, w *Workspace) (err error) {
	w.Base, w.Cursor, err = a.Newest(ctx, *w, nil)
	return err
}

// Newest returns the number and the cursor of a workspace's newest event; of those of certain channels, where there are any.
func (a *API) Newest(ctx context.Context, w Workspace, channels []string) (seq int64, cursor string, err error) {
	var answer struct {
		Workspace struct {
			Activity struct {
				Nodes []struct {
					Seq    int64 `json:",string"`
					Cursor string
				}
			}
		}
	}
	err = a.Do(ctx, Call{Token: w.People[0].Token, Query: newest, Vars: map[string]any{"w": w.ID, "channels": channels}}, &answer)
	if err != nil {
		return 0, "", err
	}
	if len(answer.Workspace.Activity.Nodes) != 1 {
		return 0, "", fmt.Errorf("the log of %s shows nothing", w.ID)
	}
	e := answer.Workspace.Activity.Nodes[0]
	return e.Seq, e.Cursor, nil
}
