package main

import (
	"fmt"
	"math/rand/v2"

	"karnak/internal/platform/id"
	"karnak/test/crash/ledger"
	"karnak/test/crash/rig"
)

const answered = ` { message { id seq } cursor userErrors { code message } } }`

// mutations are the operations of each kind of try. The field is named anew so that one type reads every answer.
var mutations = map[ledger.Kind]string{
	ledger.Send: `mutation($channel: ID!, $body: String!, $message: ID, $mutation: String) {
 done: sendMessage(input: {channelId: $channel, body: $body, id: $message, clientMutationId: $mutation})` + answered,
	ledger.Edit: `mutation($body: String!, $message: ID!, $mutation: String) {
 done: editMessage(input: {messageId: $message, body: $body, clientMutationId: $mutation})` + answered,
	ledger.Delete: `mutation($message: ID!, $mutation: String) {
 done: deleteMessage(input: {messageId: $message, clientMutationId: $mutation})` + answered,
	ledger.React: `mutation($message: ID!, $emoji: String!, $mutation: String) {
 done: addReaction(input: {messageId: $message, emoji: $emoji, clientMutationId: $mutation})` + answered,
}

// payload is what every mutation answers.
type payload struct {
	Done struct {
		Message *struct {
			ID  string
			Seq int64
		}
		Cursor     string
		UserErrors []struct{ Code, Message string }
	}
}

// operation is a try as it is sent: the same, however often.
type operation struct {
	ledger.Try
	call rig.Call
}

// chooser makes up what a writer tries next: mostly new messages, and changes of messages that are its own.
type chooser struct {
	dice   *rand.Rand
	writer int
	count  int
	place  rig.Workspace
	person rig.Person
	own    []ledger.Message
}

// most is how many messages a writer keeps in mind for its changes.
const most = 64

func (c *chooser) next() operation {
	c.count++
	t := ledger.Try{
		ID: fmt.Sprintf("%d-%d-%s", c.writer, c.count, id.New(id.Request)), Kind: c.kind(), Workspace: c.place.ID, Actor: c.person.ID,
	}
	o := operation{t, rig.Call{Token: c.person.Token, Query: mutations[t.Kind], Key: t.ID}}
	o.call.Vars = map[string]any{"mutation": t.ID}
	if t.Kind == ledger.Send {
		c.send(&o)
		return o
	}
	i := c.dice.IntN(len(c.own))
	m := c.own[i]
	o.Channel, o.Message = m.Channel, m.ID
	o.call.Vars["message"] = m.ID
	switch t.Kind {
	case ledger.Edit:
		o.Body = c.text(t.ID)
		o.call.Vars["body"] = o.Body
	case ledger.React:
		o.call.Vars["emoji"] = fmt.Sprintf("%d-%d", c.writer, c.count) // a reaction that is there already would write nothing
	case ledger.Delete:
		c.own[i] = c.own[len(c.own)-1]
		c.own = c.own[:len(c.own)-1]
	}
	return o
}

func (c *chooser) kind() ledger.Kind {
	n := c.dice.IntN(100)
	switch {
	case len(c.own) == 0 || n < 85:
		return ledger.Send
	case n < 91:
		return ledger.Edit
	case n < 97:
		return ledger.React
	}
	return ledger.Delete
}

// send fills in a new message. It is kept from being sent twice by its key, by its client-made id, or by both.
func (c *chooser) send(o *operation) {
	o.Channel, o.Body = c.place.Channels[c.dice.IntN(len(c.place.Channels))], c.text(o.ID)
	o.call.Vars["channel"], o.call.Vars["body"] = o.Channel, o.Body
	how := c.dice.IntN(3)
	if how != 0 {
		o.Message = id.New(id.Message)
		o.call.Vars["message"] = o.Message
	}
	if how == 1 {
		o.call.Key = ""
	}
}

// text begins with the workspace's id, so that it tells where it belongs.
func (c *chooser) text(name string) string {
	return c.place.ID + " " + name + ": the deploy went through, please have a look whether the invoice is right now"
}

// acknowledged keeps a new message in mind.
func (c *chooser) acknowledged(t ledger.Try, message string) {
	if t.Kind != ledger.Send {
		return
	}
	m := ledger.Message{ID: message, Channel: t.Channel}
	if len(c.own) < most {
		c.own = append(c.own, m)
		return
	}
	c.own[c.dice.IntN(most)] = m
}
