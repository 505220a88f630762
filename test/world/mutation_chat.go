package world

import (
	"fmt"
	"testing"

	"karnak/authz"
	"karnak/ent"
	"karnak/internal/app/apptest"
	"karnak/internal/platform/id"
)

// fresh makes a channel with the principal in it, where they belong to the workspace.
func fresh(t *testing.T, w *World, p Person, visibility string) string {
	t.Helper()
	c := w.Channel(t, w.Owner, w.IDs["workspace"], visibility)
	if p.Token != "" && w.Belongs(t, p) {
		w.Enter(t, w.Owner, p, c)
	}
	return c
}

// moderating lets somebody moderate a channel they are in.
func moderating(t *testing.T, w *World, p Person, visibility string) string {
	t.Helper()
	c := w.Channel(t, w.Owner, w.IDs["workspace"], visibility)
	if p.Token == "" || !w.Belongs(t, p) {
		return c
	}
	w.Write(t, func(tx *ent.Tx) error {
		return tx.ChannelMember.Create().SetWorkspaceID(w.IDs["workspace"]).SetChannelID(c).SetUserID(p.ID).SetModerator(true).
			SetJoinedAt(w.Now()).Exec(authz.System(t.Context(), "test"))
	})
	return c
}

func channelProviders() map[string]Provider {
	in := func(field string, of func(*testing.T, *World, Person) string, more apptest.Vars) Provider {
		return func(t *testing.T, w *World, p Person) Attempt {
			input := apptest.Vars{field: of(t, w, p)}
			for k, v := range more {
				input[k] = v
			}
			return given(input)
		}
	}
	empty := func(visibility string) func(*testing.T, *World, Person) string {
		return func(t *testing.T, w *World, _ Person) string {
			return w.Channel(t, w.Owner, w.IDs["workspace"], visibility)
		}
	}
	with := func(visibility string) func(*testing.T, *World, Person) string {
		return func(t *testing.T, w *World, p Person) string { return fresh(t, w, p, visibility) }
	}
	direct := func(_ *testing.T, w *World, _ Person) string { return w.IDs["direct"] }
	topic := apptest.Vars{"topic": "another"}
	return map[string]Provider{
		"createChannel": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "name": fmt.Sprintf("channel %d", w.Number()), "visibility": "PRIVATE"})
		},
		"openDirectChannel": func(t *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "userIds": []string{w.Member(t).ID}})
		},
		"openDirectChannel@stranger": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"workspaceId": w.IDs["workspace"], "userIds": []string{w.Stranger.ID}})
		},
		"updateChannel":         in("channelId", with("PUBLIC"), topic),
		"updateChannel@private": in("channelId", empty("PRIVATE"), topic),
		"updateChannel@direct":  in("channelId", direct, topic),
		"updateChannel@moderating": in("channelId", func(t *testing.T, w *World, p Person) string {
			return moderating(t, w, p, "PUBLIC")
		}, topic),
		"joinChannel":         in("channelId", empty("PUBLIC"), nil),
		"joinChannel@private": in("channelId", empty("PRIVATE"), nil),
		"joinChannel@direct":  in("channelId", direct, nil),
		"leaveChannel":        in("channelId", with("PUBLIC"), nil),
		"leaveChannel@direct": in("channelId", direct, nil),
		"addChannelMember":    adding(with("PUBLIC")), "addChannelMember@outside": adding(empty("PUBLIC")),
		"addChannelMember@private": adding(empty("PRIVATE")), "addChannelMember@direct": adding(direct),
		"addChannelMember@stranger": func(t *testing.T, w *World, p Person) Attempt {
			return given(apptest.Vars{"channelId": fresh(t, w, p, "PUBLIC"), "userId": w.Stranger.ID})
		},
		"removeChannelMember": removing(with("PUBLIC")), "removeChannelMember@private": removing(empty("PRIVATE")),
		"removeChannelMember@moderating": removing(func(t *testing.T, w *World, p Person) string { return moderating(t, w, p, "PRIVATE") }),
	}
}

func adding(to func(*testing.T, *World, Person) string) Provider {
	return func(t *testing.T, w *World, p Person) Attempt {
		return given(apptest.Vars{"channelId": to(t, w, p), "userId": w.Member(t).ID})
	}
}

func removing(from func(*testing.T, *World, Person) string) Provider {
	return func(t *testing.T, w *World, p Person) Attempt {
		c, m := from(t, w, p), w.Member(t)
		w.Enter(t, w.Owner, m, c)
		return given(apptest.Vars{"channelId": c, "userId": m.ID})
	}
}

func messageProviders() map[string]Provider {
	sending := func(to func(*testing.T, *World, Person) string) Provider {
		return func(t *testing.T, w *World, p Person) Attempt {
			return given(apptest.Vars{"channelId": to(t, w, p), "body": "hello"})
		}
	}
	named := func(name string) func(*testing.T, *World, Person) string {
		return func(_ *testing.T, w *World, _ Person) string { return w.IDs[name] }
	}
	about := func(of func(*testing.T, *World, Person) string, more apptest.Vars) Provider {
		return func(t *testing.T, w *World, p Person) Attempt {
			input := apptest.Vars{"messageId": of(t, w, p)}
			for k, v := range more {
				input[k] = v
			}
			return given(input)
		}
	}
	others := func(channel string) func(*testing.T, *World, Person) string {
		return func(t *testing.T, w *World, _ Person) string { return w.Send(t, w.Owner, w.IDs[channel], "another's") }
	}
	typing := func(in func(*testing.T, *World, Person) string) Provider {
		return func(t *testing.T, w *World, p Person) Attempt { return given(apptest.Vars{"channelId": in(t, w, p)}) }
	}
	edit, emoji := apptest.Vars{"body": "changed"}, apptest.Vars{"emoji": "🎉"}
	return map[string]Provider{
		"sendMessage": sending(named("public")), "sendMessage@private": sending(named("private")), "sendMessage@direct": sending(named("direct")),
		"sendMessage@member":    sending(func(t *testing.T, w *World, p Person) string { return fresh(t, w, p, "PRIVATE") }),
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
		"markRead": func(t *testing.T, w *World, p Person) Attempt {
			c := fresh(t, w, p, "PUBLIC")
			w.Send(t, w.Owner, c, "to be read")
			return given(apptest.Vars{"channelId": c, "seq": 1})
		},
		"setTyping":         typing(func(t *testing.T, w *World, p Person) string { return fresh(t, w, p, "PUBLIC") }),
		"setTyping@outside": typing(named("public")), "setTyping@private": typing(named("private")), "setTyping@direct": typing(named("direct")),
		"markRead@private": func(_ *testing.T, w *World, _ Person) Attempt {
			return given(apptest.Vars{"channelId": w.IDs["private"], "seq": 1})
		},
	}
}

// ownMessage is a message that the principal wrote; one of the owner's for those who do not belong to the workspace.
func ownMessage(t *testing.T, w *World, p Person) string {
	t.Helper()
	if p.Token == "" || !w.Belongs(t, p) {
		return w.Send(t, w.Owner, w.IDs["public"], "another's")
	}
	return w.Send(t, p, w.IDs["public"], "one's own")
}

// reacted is a message that the principal has reacted to, where they belong to the workspace.
func reacted(t *testing.T, w *World, p Person) string {
	t.Helper()
	m := w.Send(t, w.Owner, w.IDs["public"], "to react to")
	if p.Token == "" || !w.Belongs(t, p) {
		return m
	}
	w.Write(t, func(tx *ent.Tx) error {
		return tx.Reaction.Create().SetID(id.New(id.Reaction)).SetWorkspaceID(w.IDs["workspace"]).SetMessageID(m).SetUserID(p.ID).
			SetEmoji("🎉").SetCreatedAt(w.Now()).Exec(authz.System(t.Context(), "test"))
	})
	return m
}
