// Package ledger keeps what a run of test/crash saw in three ledgers, and checks them against each other: what clients tried
// and what they were answered, the log as it is in the database and as the API shows it, and what each subscriber received
// over all of its connections.
package ledger

// Kind is what a client tried to do.
type Kind string

// The kinds of tries.
const (
	Send   Kind = "send"
	Edit   Kind = "edit"
	Delete Kind = "delete"
	React  Kind = "react"
)

// eventOf is the type of the event that each kind writes.
var eventOf = map[Kind]string{
	Send: "chat.message.posted", Edit: "chat.message.edited", Delete: "chat.message.deleted", React: "chat.reaction.added",
}

// Outcome is what a client knows of a try in the end.
type Outcome string

// The outcomes. Unknown is also that of a try without an answer.
const (
	Acknowledged Outcome = "acknowledged"
	Refused      Outcome = "refused"
	Unknown      Outcome = "unknown"
)

// Try is something a client tried, however often it had to repeat it. ID is the mutation's clientMutationId, which the event
// carries. Message is the client-made id of a new message, empty where the server makes it, and the message that is changed
// otherwise.
type Try struct {
	ID        string
	Kind      Kind
	Workspace string
	Channel   string
	Actor     string
	Message   string `json:",omitempty"`
	Body      string `json:",omitempty"`
}

// Answer is what a client was told of a try, after so many attempts. Code says why it was refused or is unknown.
type Answer struct {
	ID       string
	Outcome  Outcome
	Message  string `json:",omitempty"`
	Seq      int64  `json:",omitempty"`
	Cursor   string `json:",omitempty"`
	Code     string `json:",omitempty"`
	Attempts int
}

// Event is an entry of a log. Cursor is known of those that the API showed.
type Event struct {
	Workspace string `json:",omitempty"`
	Seq       int64
	ID        string
	Type      string
	Mutation  string `json:",omitempty"`
	Object    string `json:",omitempty"`
	Channel   string `json:",omitempty"`
	Cursor    string `json:",omitempty"`
}

// Message is a row of the database.
type Message struct {
	ID        string
	Workspace string
	Channel   string
	Seq       int64
	Author    string
	Body      string `json:",omitempty"`
	Deleted   bool   `json:",omitempty"`
}

// Last is the newest number that a log or a channel says it has given.
type Last struct {
	ID  string
	Seq int64
}

// Place is a workspace that is written to. Base is the number of its newest event when the run began.
type Place struct {
	Workspace string
	Channels  []string
	Base      int64
}

// Subscriber reads a place from its base on: all of it, or one channel.
type Subscriber struct {
	Name      string
	Workspace string
	Channel   string `json:",omitempty"`
}

// Received is an event that a subscriber was sent. Body is a message's text where it was asked for.
type Received struct {
	Subscriber string
	Event      Event
	Body       string `json:",omitempty"`
}

// Refusal is an error that ended a subscription.
type Refusal struct {
	Subscriber string
	Reason     string
}

// Ledgers are all three of a run, and where it took place.
type Ledgers struct {
	Places      []Place
	Subscribers []Subscriber

	Tries   []Try
	Answers []Answer

	// Events, Messages, Heads and Channels are the database's; Shown is what the API shows of the logs of the places.
	Events   []Event
	Messages []Message
	Heads    []Last
	Channels []Last
	Shown    []Event

	Received []Received
	Refusals []Refusal
}
