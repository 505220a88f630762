package world

import (
	"testing"

	"karnak/internal/app/apptest"
)

// Feed is a subscription to something that the owner has just done.
type Feed struct {
	Query string
	Vars  apptest.Vars
}

const (
	// ChannelEvents subscribes to a channel, $o.
	ChannelEvents = `subscription($o: ID!, $after: Cursor) { channelEvents(channelId: $o, after: $after) {
		__typename cursor ... on MessagePosted { message { body } } } }`
	// Activity subscribes to the feed of a workspace, $o.
	Activity = `subscription($o: ID!, $after: Cursor) { activity(workspaceId: $o, after: $after) {
		__typename cursor ... on MessagePosted { message { body } } } }`
)

// Feeds has one for each subscription, and for each subscription@variant.
func Feeds(t *testing.T, w *World) map[string]Feed {
	t.Helper()
	after := w.Cursor(t, w.Owner, w.IDs["workspace"])
	of := func(query, name string) Feed { return Feed{query, apptest.Vars{"o": w.IDs[name], "after": after}} }
	all := map[string]Feed{
		"channelEvents": of(ChannelEvents, "public"), "channelEvents@private": of(ChannelEvents, "private"),
		"channelEvents@direct": of(ChannelEvents, "direct"), "activity": of(Activity, "workspace"),
	}
	for _, name := range []string{"public", "private", "direct"} {
		w.Send(t, w.Owner, w.IDs[name], "live in "+name)
	}
	return all
}
