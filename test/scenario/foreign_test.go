package scenario_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
)

// masked makes one answer of those that differ only in ids, keys and instants.
func masked(a apptest.Answer) string {
	s := regexp.MustCompile(`[a-z]+_[0-9a-z]{26}`).ReplaceAllString(string(a.Body), "ID")
	return regexp.MustCompile(`"requestId":"[^"]*"`).ReplaceAllString(s, `"requestId":"R"`)
}

// TestForeignIDs gives every mutation ids of another tenant, and ids that do not exist: nobody can tell them apart.
func TestForeignIDs(t *testing.T) {
	t.Parallel()
	apptest.Each(t, apptest.Options{Idle: true}, func(t *testing.T, n *apptest.Node) {
		owner, friend, foreign, guest := n.SignUp(t, "Owner"), n.SignUp(t, "Friend"), n.SignUp(t, "Foreign"), n.SignUp(t, "Guest")
		w, theirs := n.Workspace(t, owner, "acme"), n.Workspace(t, foreign, "other")
		n.Join(t, owner, friend, w, "user")
		n.Join(t, foreign, guest, theirs, "user")
		c := n.Channel(t, owner, w, "general", "PUBLIC")
		m := n.Send(t, owner, c, "ours")
		ids := map[string]string{"workspace": theirs, "channel": n.Channel(t, foreign, theirs, "general", "PUBLIC"), "user": guest.ID}
		ids["message"] = n.Send(t, foreign, ids["channel"], "theirs")
		at := time.Now().Add(time.Hour).Format(time.RFC3339)
		ids["grant"] = must(t, n, foreign, "grantPermission", "grant { id }", apptest.Vars{"workspaceId": theirs, "userId": guest.ID,
			"permission": "chat:delete", "expiresAt": at, "reason": "to clean up"}).Text("grantPermission.grant.id")
		ids["role"] = must(t, n, foreign, "createRole", "role { id }", apptest.Vars{"workspaceId": theirs, "name": "helper"}).Text("createRole.role.id")
		ids["invitation"] = must(t, n, foreign, "inviteMember", "invitation { id }", apptest.Vars{"workspaceId": theirs, "email": "x@example.test"}).Text("inviteMember.invitation.id")
		ids["conversation"] = must(t, n, foreign, "createConversation", "conversation { id }", apptest.Vars{"workspaceId": theirs}).Text("createConversation.conversation.id")
		talk := must(t, n, foreign, "startGeneration", "generation { id } message { id }", apptest.Vars{"conversationId": ids["conversation"], "body": "theirs"})
		ids["generation"], ids["prompt"] = talk.Text("startGeneration.generation.id"), talk.Text("startGeneration.message.id")
		own := must(t, n, owner, "createConversation", "conversation { id }", apptest.Vars{"workspaceId": w}).Text("createConversation.conversation.id")
		lab := bench{n, foreign, foreign, theirs}
		ids["version"] = lab.register(t, nil)
		ids["proposed"] = must(t, n, foreign, "registerToolVersion", "toolVersion { id }", lab.doubling(apptest.Vars{"number": "2.0.0"})).Text("registerToolVersion.toolVersion.id")
		ids["invocation"] = must(t, n, foreign, "invokeTool", "invocation { id }", apptest.Vars{"workspaceId": theirs, "tool": "double", "arguments": apptest.Vars{"n": 1}}).Text("invokeTool.invocation.id")
		ids["session"] = n.Must(t, foreign.Token, `{ viewer { sessions { nodes { id } } } }`, nil).Text("viewer.sessions.nodes.0.id")
		ids["connection"] = id.New(id.Connection) // nobody but a superAdmin is told of any
		missing := map[string]string{}
		for kind, x := range ids {
			missing[kind] = id.New(id.PrefixOf(x))
		}

		head := func() any {
			return n.Must(t, foreign.Token, `query($w: ID!) { workspace(id: $w) { cursor } }`, apptest.Vars{"w": theirs}).Get("workspace.cursor")
		}
		before := head()
		covered := map[string]bool{}
		for _, tt := range []struct {
			mutation string
			input    apptest.Vars
		}{
			{"updateWorkspace", apptest.Vars{"workspaceId": "$workspace", "name": "A"}},
			{"updateWorkspace", apptest.Vars{"workspaceId": "$workspace", "name": ""}},
			{"setEventRetention", apptest.Vars{"workspaceId": "$workspace", "retention": "P30D"}},
			{"inviteMember", apptest.Vars{"workspaceId": "$workspace", "email": "y@example.test"}},
			{"revokeInvitation", apptest.Vars{"invitationId": "$invitation"}},
			{"leaveWorkspace", apptest.Vars{"workspaceId": "$workspace"}},
			{"removeMember", apptest.Vars{"workspaceId": "$workspace", "userId": "$user"}},
			{"removeMember", apptest.Vars{"workspaceId": w, "userId": "$user"}},
			{"assignRole", apptest.Vars{"workspaceId": "$workspace", "userId": "$user", "role": "user"}},
			{"assignRole", apptest.Vars{"workspaceId": w, "userId": "$user", "role": "user"}},
			{"createRole", apptest.Vars{"workspaceId": "$workspace", "name": "another"}},
			{"updateRole", apptest.Vars{"roleId": "$role", "expectedVersion": 7}},
			{"deleteRole", apptest.Vars{"roleId": "$role"}},
			{"grantPermission", apptest.Vars{"workspaceId": "$workspace", "userId": "$user", "permission": "chat:delete", "expiresAt": at, "reason": "because"}},
			{"grantPermission", apptest.Vars{"workspaceId": w, "userId": "$user", "permission": "chat:delete", "expiresAt": at, "reason": "because"}},
			{"grantPermission", apptest.Vars{"workspaceId": w, "userId": friend.ID, "permission": "chat:delete", "expiresAt": at, "reason": "because", "objectId": "$channel"}},
			{"grantPermission", apptest.Vars{"workspaceId": w, "userId": friend.ID, "permission": "chat:delete", "expiresAt": at, "reason": "because", "objectId": "$message"}},
			{"grantPermission", apptest.Vars{"workspaceId": w, "userId": friend.ID, "permission": "chat:delete", "expiresAt": at, "reason": "because", "objectId": "$workspace"}},
			{"revokeGrant", apptest.Vars{"grantId": "$grant"}},
			{"createChannel", apptest.Vars{"workspaceId": "$workspace", "name": "general"}},
			{"openDirectChannel", apptest.Vars{"workspaceId": "$workspace", "userIds": []string{"$user"}}},
			{"openDirectChannel", apptest.Vars{"workspaceId": w, "userIds": []string{"$user"}}},
			{"updateChannel", apptest.Vars{"channelId": "$channel", "name": "A", "expectedVersion": 7}},
			{"joinChannel", apptest.Vars{"channelId": "$channel"}},
			{"leaveChannel", apptest.Vars{"channelId": "$channel"}},
			{"addChannelMember", apptest.Vars{"channelId": "$channel", "userId": "$user"}},
			{"addChannelMember", apptest.Vars{"channelId": c, "userId": "$user"}},
			{"removeChannelMember", apptest.Vars{"channelId": "$channel", "userId": "$user"}},
			{"removeChannelMember", apptest.Vars{"channelId": c, "userId": "$user"}},
			{"sendMessage", apptest.Vars{"channelId": "$channel", "body": "A"}},
			{"sendMessage", apptest.Vars{"channelId": c, "body": "A", "replyToId": "$message"}},
			{"editMessage", apptest.Vars{"messageId": "$message", "body": "A", "expectedVersion": 7}},
			{"deleteMessage", apptest.Vars{"messageId": "$message"}},
			{"addReaction", apptest.Vars{"messageId": "$message", "emoji": "👍"}},
			{"removeReaction", apptest.Vars{"messageId": "$message", "emoji": "👍"}},
			{"markRead", apptest.Vars{"channelId": "$channel", "seq": 99}},
			{"setTyping", apptest.Vars{"channelId": "$channel"}},
			{"terminateConnection", apptest.Vars{"connectionId": "$connection"}},
			{"revokeSession", apptest.Vars{"sessionId": "$session"}},
			{"createConversation", apptest.Vars{"workspaceId": "$workspace"}},
			{"updateConversation", apptest.Vars{"conversationId": "$conversation", "title": "A", "expectedVersion": 7}},
			{"updateConversation", apptest.Vars{"conversationId": own, "activeLeafId": "$prompt"}},
			{"startGeneration", apptest.Vars{"conversationId": "$conversation", "body": "A"}},
			{"startGeneration", apptest.Vars{"conversationId": own, "body": "A", "parentId": "$prompt"}},
			{"regenerate", apptest.Vars{"messageId": "$prompt"}},
			{"editAndRegenerate", apptest.Vars{"messageId": "$prompt", "body": "A"}},
			{"stopGeneration", apptest.Vars{"generationId": "$generation"}},
			{"forkConversation", apptest.Vars{"messageId": "$prompt"}},
			{"registerToolVersion", bench{n, owner, owner, "$workspace"}.doubling(nil)},
			{"approveToolChange", apptest.Vars{"toolVersionId": "$proposed", "hash": "A", "approve": true}},
			{"deprecateToolVersion", apptest.Vars{"toolVersionId": "$version"}},
			{"rollBackTool", apptest.Vars{"toolVersionId": "$version"}},
			{"invokeTool", apptest.Vars{"workspaceId": "$workspace", "tool": "double", "arguments": apptest.Vars{"n": 1}}},
			{"approveToolCall", apptest.Vars{"toolInvocationId": "$invocation", "argumentsHash": "A", "approve": true}},
			{"stopToolInvocation", apptest.Vars{"toolInvocationId": "$invocation"}},
			{"setModelBudget", apptest.Vars{"workspaceId": "$workspace", "monthlyLimit": "1"}},
		} {
			covered[tt.mutation] = true
			is := run(t, n, owner, tt.mutation, "clientMutationId", filled(tt.input, ids))
			not := run(t, n, owner, tt.mutation, "clientMutationId", filled(tt.input, missing))
			if masked(is) != masked(not) || outcome(is, tt.mutation) == "" {
				t.Errorf("%s %v\nforeign %s\nmissing %s", tt.mutation, tt.input, is.Body, not.Body)
			}
		}
		if head() != before {
			t.Error("the foreign log was written to")
		}
		for _, mutation := range taking(t, n, owner) {
			if !covered[mutation] {
				t.Errorf("no foreign id was given to %s", mutation)
			}
		}
		a := n.Must(t, owner.Token, `query($m: ID!) { node(id: $m) { ... on Message { body reactions { count } } } }`, apptest.Vars{"m": m})
		is(t, a, "node", map[string]any{"body": "ours", "reactions": []any{}})
	})
}

// filled puts ids for $names.
func filled(in apptest.Vars, ids map[string]string) apptest.Vars {
	out := apptest.Vars{}
	for k, v := range in {
		switch x := v.(type) {
		case string:
			if name, ok := strings.CutPrefix(x, "$"); ok {
				v = ids[name]
			}
		case []string:
			if strings.HasPrefix(x[0], "$") {
				v = []string{ids[x[0][1:]]}
			}
		}
		out[k] = v
	}
	return out
}

// taking returns the mutations whose input has an id of something that is there already.
func taking(t testing.TB, n *apptest.Node, p apptest.Person) (out []string) {
	t.Helper()
	a := n.Must(t, p.Token, `{ __schema { types { name kind inputFields { name } } } }`, nil)
	list, _ := a.Get("__schema.types").([]any)
	for _, x := range list {
		kind, _ := x.(map[string]any)
		name, ok := strings.CutSuffix(apptest.Answer{Data: kind}.Text("name"), "Input")
		fields, _ := kind["inputFields"].([]any)
		for _, f := range fields {
			field, _ := f.(map[string]any)["name"].(string)
			if ok && (strings.HasSuffix(field, "Id") || strings.HasSuffix(field, "Ids")) && field != "clientMutationId" {
				out = append(out, strings.ToLower(name[:1])+name[1:])
				break
			}
		}
	}
	if len(out) < 20 {
		t.Errorf("only %v take ids", out)
	}
	return out
}
