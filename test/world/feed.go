package world

import (
	"testing"

	"karnak/internal/app/apptest"
)

// Feed is a subscription to something that the owner has just done.
type Feed struct {
	Query string
	// Vars have $names for ids that are everybody's own.
	Vars apptest.Vars
	// Shows is what the first event holds.
	Shows []string
}

const (
	// ChannelEvents subscribes to a channel, $o.
	ChannelEvents = `subscription($o: ID!, $after: Cursor) { channelEvents(channelId: $o, after: $after) {
		__typename cursor ... on MessagePosted { message { body } } } }`
	// Activity subscribes to the feed of a workspace, $o.
	Activity = `subscription($o: ID!, $after: Cursor) { activity(workspaceId: $o, after: $after) {
		__typename cursor ... on MessagePosted { message { body } } } }`
	// Steps subscribes to the making of an answer, $g.
	Steps = `subscription($g: ID!) { generationEvents(generationId: $g) { __typename seq cursor } }`
	// Runs subscribes to a run of a tool, $g.
	Runs = `subscription($g: ID!) { toolInvocationEvents(toolInvocationId: $g) { __typename seq cursor } }`
	// Presence subscribes to who is in a channel, $o.
	Presence = `subscription($o: ID!) { presence(channelId: $o) { snapshot presentCount joined { id displayName } typing { id } } }`
)

// Feeds has one for each subscription, and for each subscription@variant.
func Feeds(t *testing.T, w *World) map[string]Feed {
	t.Helper()
	after := w.Cursor(t, w.Owner, w.IDs["workspace"])
	of := func(query, name string) Feed {
		return Feed{query, apptest.Vars{"o": w.IDs[name], "after": after}, []string{`"__typename":"MessagePosted"`, "live in "}}
	}
	there := func(name string) Feed {
		return Feed{Presence, apptest.Vars{"o": w.IDs[name]}, []string{`"snapshot":true`, `"displayName"`}}
	}
	all := map[string]Feed{
		"channelEvents": of(ChannelEvents, "public"), "channelEvents@private": of(ChannelEvents, "private"),
		"channelEvents@direct": of(ChannelEvents, "direct"), "activity": of(Activity, "workspace"),
		"generationEvents":          {Steps, apptest.Vars{"g": "$generation"}, []string{`"__typename":"GenerationStarted"`, `"seq":"1"`}},
		"generationEvents@else":     {Steps, apptest.Vars{"g": w.IDs["generation"]}, []string{`"seq":"1"`}},
		"toolInvocationEvents":      {Runs, apptest.Vars{"g": "$invocation"}, []string{`"__typename":"ToolInvocationStarted"`, `"seq":"1"`}},
		"toolInvocationEvents@else": {Runs, apptest.Vars{"g": w.IDs["invocation"]}, []string{`"seq":"1"`}},
		"presence":                  there("lobby"), "presence@outside": there("public"), "presence@private": there("private"), "presence@direct": there("direct"),
	}
	for _, name := range []string{"public", "private", "direct"} {
		w.Send(t, w.Owner, w.IDs[name], "live in "+name)
	}
	return all
}
