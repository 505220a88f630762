package scenario_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
)

// mutation is a mutation as the API tells it, with the texts and ids of its input.
type mutation struct {
	name, input string
	inputs      []inputField
	// object is the payload's object and kind its type; keeps are the fields of the object with the name of one of the input.
	object, kind string
	keeps        map[string]bool
	node         bool
}

type inputField struct {
	name string
	list bool
}

type typeOf struct {
	Kind, Name string
	OfType     *typeOf
}

// plain is the type without its exclamation marks and lists, and whether it was a list.
func (t *typeOf) plain() (name, kind string, list bool) {
	for ; t.OfType != nil; t = t.OfType {
		list = list || t.Kind == "LIST"
	}
	return t.Name, t.Kind, list
}

type field struct {
	Name string
	Type typeOf
	Args []struct {
		Name string
		Type typeOf
	}
}

const introspection = `{ __schema { types { name interfaces { name } inputFields { name type { ...T } } fields { name type { ...T } args { name type { ...T } } } } } }
	fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`

func mutationsOf(t *testing.T, n *apptest.Node) (out []mutation) {
	t.Helper()
	type schemaType struct {
		Name                string
		Fields, InputFields []field
		Interfaces          []struct{ Name string }
	}
	var answer struct {
		Data struct {
			Schema struct{ Types []schemaType } `json:"__schema"`
		}
	}
	if err := json.Unmarshal(n.Must(t, "", introspection, nil).Body, &answer); err != nil {
		t.Fatal(err)
	}
	types := map[string]schemaType{}
	for _, x := range answer.Data.Schema.Types {
		types[x.Name] = x
	}
	for _, f := range types["Mutation"].Fields {
		m := mutation{name: f.Name, keeps: map[string]bool{}}
		m.input, _, _ = f.Args[0].Type.plain()
		payload, _, _ := f.Type.plain()
		for _, p := range types[payload].Fields {
			if name, kind, list := p.Type.plain(); kind == "OBJECT" && !list && m.object == "" && hasID(types[name].Fields) {
				m.object, m.kind = p.Name, name
			}
		}
		m.node = strings.Contains(fmt.Sprint(types[m.kind].Interfaces), "{Node}")
		for _, in := range types[m.input].InputFields {
			name, _, list := in.Type.plain()
			if name != "String" && name != "ID" {
				continue
			}
			m.inputs = append(m.inputs, inputField{in.Name, list})
			for _, o := range types[m.kind].Fields {
				if _, kind, _ := o.Type.plain(); o.Name == in.Name && kind == "SCALAR" && len(o.Args) == 0 {
					m.keeps[in.Name] = true
				}
			}
		}
		out = append(out, m)
	}
	if len(out) < 20 {
		t.Fatalf("the schema has %d mutations", len(out))
	}
	return out
}

func hasID(fields []field) bool {
	for _, f := range fields {
		if f.Name == "id" {
			return true
		}
	}
	return false
}

// target is a workspace with one of everything.
type target struct {
	*apptest.Node
	t                                       *testing.T
	mutations                               []mutation
	owner, member, leaver                   apptest.Person
	workspace, channel, side, message, role string
	grant, invitation, canary               string
	talk, prompt, generation                string
	version, invocation                     string
	made                                    int
}

func newTarget(t *testing.T, n *apptest.Node) *target {
	t.Helper()
	x := &target{Node: n, t: t, canary: "canary in the wrong search", mutations: mutationsOf(t, n)}
	x.owner, x.member, x.leaver = n.SignUp(t, "Owner"), n.SignUp(t, "Member"), n.SignUp(t, "Leaver")
	x.workspace = n.Workspace(t, x.owner, "acme")
	n.Join(t, x.owner, x.member, x.workspace, "user")
	n.Join(t, x.owner, x.leaver, x.workspace, "user")
	x.channel, x.side = n.Channel(t, x.owner, x.workspace, "general", "PUBLIC"), n.Channel(t, x.owner, x.workspace, "side", "PUBLIC")
	x.message = n.Send(t, x.owner, x.channel, x.canary)
	w := apptest.Vars{"w": x.workspace, "u": x.member.ID, "e": x.expiry()}
	x.role = n.Must(t, x.owner.Token, `mutation($w: ID!) { createRole(input: {workspaceId: $w, name: "helper", allow: ["chat:read"]}) { role { id } userErrors { code } } }`, w).Text("createRole.role.id")
	x.grant = n.Must(t, x.owner.Token, `mutation($w: ID!, $u: ID!, $e: DateTime!) { grantPermission(input: {workspaceId: $w, userId: $u, permission: "chat:delete", reason: "for the test", expiresAt: $e}) { grant { id } userErrors { code } } }`, w).Text("grantPermission.grant.id")
	x.invitation = n.Must(t, x.owner.Token, `mutation($w: ID!) { inviteMember(input: {workspaceId: $w, email: "asked@example.test", role: "user"}) { invitation { id } userErrors { code } } }`, w).Text("inviteMember.invitation.id")
	x.talk = must(t, n, x.owner, "createConversation", "conversation { id }", apptest.Vars{"workspaceId": x.workspace}).Text("createConversation.conversation.id")
	a := must(t, n, x.owner, "startGeneration", "generation { id } message { id }", apptest.Vars{"conversationId": x.talk, "body": "hello"})
	x.version = bench{n, x.owner, x.owner, x.workspace}.register(t, nil)
	x.invocation = must(t, n, x.owner, "invokeTool", "invocation { id }", apptest.Vars{"workspaceId": x.workspace, "tool": "double", "arguments": apptest.Vars{"n": 1}}).Text("invokeTool.invocation.id")
	x.generation, x.prompt = a.Text("startGeneration.generation.id"), a.Text("startGeneration.message.id")
	return x
}

func (x *target) expiry() string { return time.Now().Add(time.Hour).UTC().Format(time.RFC3339) }

func (x *target) number() int { x.made++; return x.made }

// address is a caller's address that has made no attempts yet.
func (x *target) address() string {
	n := x.number()
	return fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)
}

// newcomer signs somebody up, for a call that ends their session.
func (x *target) newcomer() apptest.Person {
	a := x.Must(x.t, "", `mutation($e: String!, $p: String!) { signUp(input: {email: $e, password: $p, displayName: "New"}) { session { id accessToken refreshToken } user { id } userErrors { code } } }`,
		apptest.Vars{"e": fmt.Sprintf("new%d@example.test", x.number()), "p": apptest.Password}, "X-Forwarded-For", x.address())
	return apptest.Person{ID: a.Text("signUp.session.id"), Token: a.Text("signUp.session.accessToken"), Refresh: a.Text("signUp.session.refreshToken")}
}

// inputs makes a good input of each mutation, and tells who gives it.
func (x *target) inputs() map[string]func() (apptest.Person, apptest.Vars) {
	w, c := apptest.Vars{"workspaceId": x.workspace}, apptest.Vars{"channelId": x.channel}
	owner := func(base apptest.Vars, more ...any) func() (apptest.Person, apptest.Vars) {
		return func() (apptest.Person, apptest.Vars) {
			input := apptest.Vars{}
			for k, v := range base {
				input[k] = v
			}
			for i := 0; i+1 < len(more); i += 2 {
				input[more[i].(string)] = more[i+1]
			}
			return x.owner, input
		}
	}
	named := func(base apptest.Vars, field, format string, more ...any) func() (apptest.Person, apptest.Vars) {
		return func() (apptest.Person, apptest.Vars) {
			return owner(base, append([]any{field, fmt.Sprintf(format, x.number())}, more...)...)()
		}
	}
	account := func(input func(p apptest.Person) apptest.Vars) func() (apptest.Person, apptest.Vars) {
		return func() (apptest.Person, apptest.Vars) { p := x.newcomer(); return p, input(p) }
	}
	message, talk := apptest.Vars{"messageId": x.message}, apptest.Vars{"conversationId": x.talk}
	return map[string]func() (apptest.Person, apptest.Vars){
		"signUp":         named(nil, "email", "s%d@example.test", "password", apptest.Password, "displayName", "New"),
		"signIn":         owner(nil, "email", x.owner.Email, "password", apptest.Password),
		"refreshSession": account(func(p apptest.Person) apptest.Vars { return apptest.Vars{"refreshToken": p.Refresh} }),
		"signOut":        account(func(apptest.Person) apptest.Vars { return apptest.Vars{} }),
		"revokeSession":  account(func(p apptest.Person) apptest.Vars { return apptest.Vars{"sessionId": p.ID} }),
		"changePassword": account(func(apptest.Person) apptest.Vars {
			return apptest.Vars{"currentPassword": apptest.Password, "newPassword": "another good password"}
		}),
		"createConversation": owner(w, "title", "A talk"),
		"updateConversation": owner(talk, "title", "A talk"),
		"startGeneration":    owner(talk, "body", "hello"),
		"regenerate":         owner(nil, "messageId", x.prompt),
		"editAndRegenerate":  owner(nil, "messageId", x.prompt, "body", "hello again"),
		"stopGeneration":     owner(nil, "generationId", x.generation),
		"forkConversation":   owner(nil, "messageId", x.prompt, "title", "A copy"),
		"registerToolVersion": func() (apptest.Person, apptest.Vars) {
			return x.owner, bench{x.Node, x.owner, x.owner, x.workspace}.doubling(apptest.Vars{"name": fmt.Sprintf("tool_%d", x.number())})
		},
		"approveToolChange":    owner(nil, "toolVersionId", x.version, "hash", "none", "approve", true),
		"deprecateToolVersion": owner(nil, "toolVersionId", x.version),
		"rollBackTool":         owner(nil, "toolVersionId", x.version),
		"invokeTool":           owner(w, "tool", "karnak_calculate", "arguments", apptest.Vars{"expression": "1 + 1"}),
		"approveToolCall":      owner(nil, "toolInvocationId", x.invocation, "argumentsHash", "none", "approve", true),
		"stopToolInvocation":   owner(nil, "toolInvocationId", x.invocation),
		"setModelBudget":       owner(w, "monthlyLimit", "1000"),
		"updateProfile":        owner(nil, "displayName", "Owner"),
		"createWorkspace":      named(nil, "slug", "made-%d", "name", "Made"),
		"updateWorkspace":      owner(w, "name", "Acme"),
		"setEventRetention":    owner(w, "retention", "P30D"),
		"inviteMember":         named(w, "email", "i%d@example.test", "role", "user"),
		"revokeInvitation":     owner(nil, "invitationId", x.invitation),
		"acceptInvitation":     owner(nil, "token", "none"),
		"leaveWorkspace":       owner(w),
		"removeMember":         owner(w, "userId", x.leaver.ID),
		"assignRole":           owner(w, "userId", x.member.ID, "role", "user"),
		"createRole":           named(w, "name", "role-%d", "allow", []string{"chat:read"}),
		"updateRole":           owner(nil, "roleId", x.role, "allow", []string{"chat:read"}),
		"deleteRole":           owner(nil, "roleId", x.role),
		"grantPermission":      owner(w, "userId", x.member.ID, "permission", "chat:delete", "reason", "for the test", "expiresAt", x.expiry()),
		"revokeGrant":          owner(nil, "grantId", x.grant),
		"createChannel":        named(w, "name", "channel %d"),
		"openDirectChannel":    owner(w, "userIds", []string{x.member.ID}),
		"updateChannel":        owner(c, "topic", "t"),
		"joinChannel":          owner(c),
		"leaveChannel":         owner(nil, "channelId", x.side),
		"addChannelMember":     owner(c, "userId", x.member.ID),
		"removeChannelMember":  owner(c, "userId", x.member.ID),
		"sendMessage":          owner(c, "body", "hello"),
		"editMessage":          owner(message, "body", "changed"),
		"deleteMessage":        owner(nil, "messageId", x.Send(x.t, x.owner, x.channel, "to delete")),
		"addReaction":          owner(message, "emoji", "🎉"),
		"removeReaction":       owner(message, "emoji", "🎉"),
		"markRead":             owner(c, "seq", 1),
		"setTyping":            owner(c),
		"renewSession":         owner(nil, "accessToken", x.owner.Token),
		"terminateConnection":  owner(nil, "connectionId", id.New(id.Connection)),
	}
}
