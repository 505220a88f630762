package eventlog

import (
	"encoding/json"
	"time"
)

// Type is a type of event; the rooms declare theirs as values of it.
type Type struct {
	// Name is domain.noun.verb, the verb in the past tense.
	Name string
	// Public events are shown in the activity feed.
	Public bool
	// Access events may change who may see what; open streams are checked again when one passes.
	Access bool
	// Personal access events change what their subject may see, and nobody else.
	Personal bool
}

// Event is an entry of a log.
type Event struct {
	ID               string          `json:"id"`
	WorkspaceID      string          `json:"workspaceId"`
	Seq              int64           `json:"seq"`
	Type             string          `json:"type"`
	ActorID          string          `json:"actorId,omitempty"`
	SubjectID        string          `json:"subjectId,omitempty"`
	ObjectID         string          `json:"objectId,omitempty"`
	ChannelID        string          `json:"channelId,omitempty"`
	OccurredAt       time.Time       `json:"occurredAt"`
	ClientMutationID *string         `json:"clientMutationId,omitempty"`
	Data             json.RawMessage `json:"data,omitempty"`
	// Cursor is the event's position, for clients.
	Cursor string `json:"-"`
}

// Position is where the event stands in its log, for whoever follows events of several kinds.
func (e *Event) Position() string { return e.Cursor }

// Draft is an event that a change appends.
type Draft struct {
	Type Type
	// SubjectID is the user it is about, ObjectID the thing; ChannelID the channel it happened in, for its readers.
	SubjectID, ObjectID, ChannelID string
	// Data is what the ids do not tell, encoded as JSON; no text of a user's, which has to be erasable.
	Data any
	// DedupeKey makes a second event of the same workspace, source and key fail.
	Source, DedupeKey string
	// At is when it happened; the zero time stands for now.
	At time.Time
}

// changed is appended to the platform's log with every access event of a workspace, so that every node hears of it by
// following one log. Its object is the workspace.
var changed = Type{Name: "access.changed", Access: true}
