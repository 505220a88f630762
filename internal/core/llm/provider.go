package llm

import "context"

// Provider runs language models.
type Provider interface {
	// Name tells it from the others: it is the part of a model's name before the slash.
	Name() string
	// StandIn reports whether it asks no model.
	StandIn() bool
	// Stream asks a model and hands on the parts of its answer as they come, until it is complete. A part's error ends the
	// stream, and comes back. Whatever the provider does, its failure is a *Fault, and the parts before it were whole: text is
	// never altered. Text that cannot be kept, which is the character NUL, is left out. It returns within seconds of the
	// context's end.
	Stream(ctx context.Context, r Request, part func(Part) error) (Outcome, error)
}

// Role is whose a turn is.
type Role string

// The roles.
const (
	User      Role = "user"
	Assistant Role = "assistant"
)

// Turn is what somebody said.
type Turn struct {
	Role Role
	Text string
	// Calls are what an assistant called, after its text. The next turn has the results of all of them.
	Calls []Call
	// Results are those of the turn before; there is no text beside them.
	Results []Result
}

// Request is what a model is asked. The last turn is a user's.
type Request struct {
	// Model is its name at the provider.
	Model string
	// Instructions are given before the first turn.
	Instructions string
	Turns        []Turn
	// MaxTokens bounds the answer.
	MaxTokens int
	// Kept is the beginning of the answer that is there already: the model is asked to go on from there.
	Kept string
	// Tools are what the model may call.
	Tools []Tool
}

// GoOn is what a model is told that is to go on from what it has said.
const GoOn = "Your answer was cut off. Go on exactly where it ends: repeat nothing of it, and say nothing about this. " +
	"If nothing of it is missing, answer with nothing."

// Asked returns the turns with what is kept of the answer and the wish to go on.
func (r Request) Asked() []Turn {
	if r.Kept == "" {
		return r.Turns
	}
	turns := append([]Turn(nil), r.Turns...)
	return append(turns, Turn{Role: Assistant, Text: r.Kept}, Turn{Role: User, Text: GoOn})
}

// Estimate returns about how many tokens the request is.
func (r Request) Estimate() int {
	n := Estimate(r.Instructions)
	for _, t := range r.Tools {
		n += Estimate(t.Name, t.Description, string(t.Schema()))
	}
	for _, t := range r.Asked() {
		n += Estimate(t.Text)
		for _, c := range t.Calls {
			n += Estimate(c.Name, c.Arguments)
		}
		for _, x := range t.Results {
			n += Estimate(x.Text)
		}
	}
	return n
}

// Part is a part of an answer.
type Part struct {
	Text string
	// Reasoning is what the model lets be seen of how it came to its answer.
	Reasoning string
	// Call is a part of a call; nil for none.
	Call *CallPart
}

// Usage is what an answer took. It is the zero value where the provider has not told.
type Usage struct{ Input, Cached, Output int }

// Reason is why an answer ended.
type Reason string

// The reasons.
const (
	Stop     Reason = "STOP"
	Length   Reason = "LENGTH"
	Filtered Reason = "CONTENT_FILTER"
	// Called is of a model that waits for the results of what it called.
	Called Reason = "TOOL_CALLS"
	// Steps and Time are no provider's: the model called tools as often, or took as long, as it may.
	Steps Reason = "TOOL_STEPS"
	Time  Reason = "TIME"
)

// Outcome is how an answer ended. Of one that failed it holds the usage that was told before.
type Outcome struct {
	Reason Reason
	Usage  Usage
}

// Estimate returns about how many tokens a text is: a token has about four bytes of it.
func Estimate(texts ...string) int {
	n := 0
	for _, t := range texts {
		n += (len(t) + 3) / 4
	}
	return n
}
