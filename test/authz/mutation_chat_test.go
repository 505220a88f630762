package authz_test

import (
	"fmt"
	"testing"

	"karnak/authz"
	"karnak/ent"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
)

// fresh makes a channel with the principal in it, where they belong to the workspace.
func fresh(t *testing.T, w *world, p person, visibility string) string {
	t.Helper()
	c := w.channel(t, w.owner, w.ids["workspace"], visibility)
	if p.token != "" && w.belongs(t, p) {
		w.enter(t, w.owner, p, c)
	}
	return c
}

// moderating lets somebody moderate a channel they are in.
func moderating(t *testing.T, w *world, p person, visibility string) string {
	t.Helper()
	c := w.channel(t, w.owner, w.ids["workspace"], visibility)
	if p.token == "" || !w.belongs(t, p) {
		return c
	}
	w.Write(t, func(tx *ent.Tx) error {
		return tx.ChannelMember.Create().SetWorkspaceID(w.ids["workspace"]).SetChannelID(c).SetUserID(p.id).SetModerator(true).
			SetJoinedAt(w.now()).Exec(authz.System(t.Context(), "test"))
	})
	return c
}

func channelProviders() map[string]provider {
	in := func(field string, of func(*testing.T, *world, person) string, more apptest.Vars) provider {
		return func(t *testing.T, w *world, p person) attempt {
			input := apptest.Vars{field: of(t, w, p)}
			for k, v := range more {
				input[k] = v
			}
			return given(input)
		}
	}
	empty := func(visibility string) func(*testing.T, *world, person) string {
		return func(t *testing.T, w *world, _ person) string {
			return w.channel(t, w.owner, w.ids["workspace"], visibility)
		}
	}
	with := func(visibility string) func(*testing.T, *world, person) string {
		return func(t *testing.T, w *world, p person) string { return fresh(t, w, p, visibility) }
	}
	direct := func(_ *testing.T, w *world, _ person) string { return w.ids["direct"] }
	topic := apptest.Vars{"topic": "another"}
	return map[string]provider{
		"createChannel": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "name": fmt.Sprintf("channel %d", w.number()), "visibility": "PRIVATE"})
		},
		"openDirectChannel": func(t *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "userIds": []string{w.member(t).id}})
		},
		"openDirectChannel@stranger": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"workspaceId": w.ids["workspace"], "userIds": []string{w.stranger.id}})
		},
		"updateChannel":         in("channelId", with("PUBLIC"), topic),
		"updateChannel@private": in("channelId", empty("PRIVATE"), topic),
		"updateChannel@direct":  in("channelId", direct, topic),
		"updateChannel@moderating": in("channelId", func(t *testing.T, w *world, p person) string {
			return moderating(t, w, p, "PUBLIC")
		}, topic),
		"joinChannel":         in("channelId", empty("PUBLIC"), nil),
		"joinChannel@private": in("channelId", empty("PRIVATE"), nil),
		"joinChannel@direct":  in("channelId", direct, nil),
		"leaveChannel":        in("channelId", with("PUBLIC"), nil),
		"leaveChannel@direct": in("channelId", direct, nil),
		"addChannelMember":    adding(with("PUBLIC")), "addChannelMember@outside": adding(empty("PUBLIC")),
		"addChannelMember@private": adding(empty("PRIVATE")), "addChannelMember@direct": adding(direct),
		"addChannelMember@stranger": func(t *testing.T, w *world, p person) attempt {
			return given(apptest.Vars{"channelId": fresh(t, w, p, "PUBLIC"), "userId": w.stranger.id})
		},
		"removeChannelMember": removing(with("PUBLIC")), "removeChannelMember@private": removing(empty("PRIVATE")),
		"removeChannelMember@moderating": removing(func(t *testing.T, w *world, p person) string { return moderating(t, w, p, "PRIVATE") }),
	}
}

func adding(to func(*testing.T, *world, person) string) provider {
	return func(t *testing.T, w *world, p person) attempt {
		return given(apptest.Vars{"channelId": to(t, w, p), "userId": w.member(t).id})
	}
}

func removing(from func(*testing.T, *world, person) string) provider {
	return func(t *testing.T, w *world, p person) attempt {
		c, m := from(t, w, p), w.member(t)
		w.enter(t, w.owner, m, c)
		return given(apptest.Vars{"channelId": c, "userId": m.id})
	}
}

func messageProviders() map[string]provider {
	sending := func(to func(*testing.T, *world, person) string) provider {
		return func(t *testing.T, w *world, p person) attempt {
			return given(apptest.Vars{"channelId": to(t, w, p), "body": "hello"})
		}
	}
	named := func(name string) func(*testing.T, *world, person) string {
		return func(_ *testing.T, w *world, _ person) string { return w.ids[name] }
	}
	about := func(of func(*testing.T, *world, person) string, more apptest.Vars) provider {
		return func(t *testing.T, w *world, p person) attempt {
			input := apptest.Vars{"messageId": of(t, w, p)}
			for k, v := range more {
				input[k] = v
			}
			return given(input)
		}
	}
	others := func(channel string) func(*testing.T, *world, person) string {
		return func(t *testing.T, w *world, _ person) string { return w.send(t, w.owner, w.ids[channel], "another's") }
	}
	edit, emoji := apptest.Vars{"body": "changed"}, apptest.Vars{"emoji": "🎉"}
	return map[string]provider{
		"sendMessage": sending(named("public")), "sendMessage@private": sending(named("private")), "sendMessage@direct": sending(named("direct")),
		"sendMessage@member":    sending(func(t *testing.T, w *world, p person) string { return fresh(t, w, p, "PRIVATE") }),
		"editMessage":           about(ownMessage, edit),
		"editMessage@else":      about(others("public"), edit),
		"editMessage@private":   about(others("private"), edit),
		"deleteMessage":         about(ownMessage, nil),
		"deleteMessage@else":    about(others("public"), nil),
		"deleteMessage@private": about(others("private"), nil),
		"deleteMessage@direct":  about(others("direct"), nil),
		"addReaction":           about(others("public"), emoji), "addReaction@private": about(others("private"), emoji),
		"addReaction@direct":     about(others("direct"), emoji),
		"removeReaction":         about(reacted, emoji),
		"removeReaction@private": about(others("private"), emoji),
		"markRead": func(t *testing.T, w *world, p person) attempt {
			c := fresh(t, w, p, "PUBLIC")
			w.send(t, w.owner, c, "to be read")
			return given(apptest.Vars{"channelId": c, "seq": 1})
		},
		"markRead@private": func(_ *testing.T, w *world, _ person) attempt {
			return given(apptest.Vars{"channelId": w.ids["private"], "seq": 1})
		},
	}
}

// ownMessage is a message that the principal wrote; one of the owner's for those who do not belong to the workspace.
func ownMessage(t *testing.T, w *world, p person) string {
	t.Helper()
	if p.token == "" || !w.belongs(t, p) {
		return w.send(t, w.owner, w.ids["public"], "another's")
	}
	return w.send(t, p, w.ids["public"], "one's own")
}

// reacted is a message that the principal has reacted to, where they belong to the workspace.
func reacted(t *testing.T, w *world, p person) string {
	t.Helper()
	m := w.send(t, w.owner, w.ids["public"], "to react to")
	if p.token == "" || !w.belongs(t, p) {
		return m
	}
	w.Write(t, func(tx *ent.Tx) error {
		return tx.Reaction.Create().SetID(id.New(id.Reaction)).SetWorkspaceID(w.ids["workspace"]).SetMessageID(m).SetUserID(p.id).
			SetEmoji("🎉").SetCreatedAt(w.now()).Exec(authz.System(t.Context(), "test"))
	})
	return m
}
