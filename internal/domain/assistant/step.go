package assistant

import (
	"encoding/json"
	"time"

	"karnak/internal/core/llm"
	"karnak/internal/core/tape"
)

// The kinds of steps of a generation's tape.
const (
	stepStarted   = "started"
	stepText      = "text"
	stepReasoning = "reasoning"
	stepRetrying  = "retrying"
	stepCall      = "call"
	stepArguments = "arguments"
	stepMade      = "made"
	stepResult    = "result"
	stepUsage     = "usage"
	stepFinished  = "finished"
	stepFailed    = "failed"
	stepStopped   = "stopped"
)

// What the steps hold.
type (
	startedData struct {
		Provider string `json:"provider"`
		Model    string `json:"model"`
	}
	textData struct {
		Text string `json:"text"`
	}
	callData struct {
		Call string `json:"call"`
		Tool string `json:"tool"`
	}
	argumentsData struct {
		Call string `json:"call"`
		Text string `json:"text"`
	}
	madeData struct {
		Call         string `json:"call"`
		InvocationID string `json:"invocationId"`
	}
	retryingData struct {
		Attempt int      `json:"attempt"`
		Reason  llm.Kind `json:"reason"`
		Kept    int      `json:"kept"`
		startedData
	}
	usageData struct {
		Input     int    `json:"input"`
		Cached    int    `json:"cached"`
		Output    int    `json:"output"`
		Estimated bool   `json:"estimated,omitempty"`
		Cost      *int64 `json:"cost,omitempty"`
	}
	endData struct {
		Reason    llm.Reason `json:"reason,omitempty"`
		Failure   llm.Kind   `json:"failure,omitempty"`
		MessageID string     `json:"messageId,omitempty"`
	}
)

// interrupted is the reason of a retry where the server ended that made the answer.
const interrupted llm.Kind = "SERVER_ENDED"

// GenerationEvent is a step as clients see it.
type GenerationEvent interface {
	IsGenerationEvent()
	// Position is where the events go on.
	Position() string
}

// Stepped is what the events have in common.
type Stepped struct {
	Seq    int64
	Cursor string
	At     time.Time
}

// IsGenerationEvent marks a step.
func (Stepped) IsGenerationEvent() {}

// Position is where the events go on.
func (s Stepped) Position() string { return s.Cursor }

// TokenUsage is tokens and what they cost.
type TokenUsage struct {
	InputTokens, CachedTokens, OutputTokens int
	Estimated                               bool
	Cost                                    *Money
}

// GenerationError is why a generation failed.
type GenerationError struct {
	Code      llm.Kind
	Message   string
	Retryable bool
}

func failure(k llm.Kind) *GenerationError {
	return &GenerationError{Code: k, Message: k.Message(), Retryable: k.Retryable() || k == llm.Internal}
}

// The events as clients see them.
type (
	GenerationStarted struct {
		Stepped
		Provider, Model string
	}
	TextDelta struct {
		Stepped
		Text string
	}
	ReasoningDelta struct {
		Stepped
		Text string
	}
	ToolCallStarted struct {
		Stepped
		Call, Tool string
	}
	ToolCallArguments struct {
		Stepped
		Call, Text string
	}
	ToolCallMade struct {
		Stepped
		Call, InvocationID string
	}
	ToolCallResult struct {
		Stepped
		Call, InvocationID string
	}
	GenerationRetrying struct {
		Stepped
		Attempt int
		Cause   string
		Kept    int
		// Provider and Model are who is asked now.
		Provider, Model string
	}
	UsageUpdated struct {
		Stepped
		Usage *TokenUsage
	}
	GenerationFinished struct {
		Stepped
		Reason    llm.Reason
		MessageID string
	}
	GenerationFailed struct {
		Stepped
		Error     *GenerationError
		MessageID string
	}
	GenerationStopped struct {
		Stepped
		MessageID string
	}
)

// typed returns a step as clients see it.
func typed(s *tape.Step) (GenerationEvent, error) {
	at := Stepped{s.Seq, s.Cursor, s.At}
	switch s.Kind {
	case stepStarted:
		d, err := data[startedData](s)
		return &GenerationStarted{at, d.Provider, d.Model}, err
	case stepText:
		d, err := data[textData](s)
		return &TextDelta{at, d.Text}, err
	case stepReasoning:
		d, err := data[textData](s)
		return &ReasoningDelta{at, d.Text}, err
	case stepCall:
		d, err := data[callData](s)
		return &ToolCallStarted{at, d.Call, d.Tool}, err
	case stepArguments:
		d, err := data[argumentsData](s)
		return &ToolCallArguments{at, d.Call, d.Text}, err
	case stepMade:
		d, err := data[madeData](s)
		return &ToolCallMade{at, d.Call, d.InvocationID}, err
	case stepResult:
		d, err := data[madeData](s)
		return &ToolCallResult{at, d.Call, d.InvocationID}, err
	case stepRetrying:
		d, err := data[retryingData](s)
		return &GenerationRetrying{at, d.Attempt, retrying(d.Reason), d.Kept, d.Provider, d.Model}, err
	case stepUsage:
		d, err := data[usageData](s)
		return &UsageUpdated{at, d.shown()}, err
	}
	d, err := data[endData](s)
	switch s.Kind {
	case stepFinished:
		return &GenerationFinished{at, d.Reason, d.MessageID}, err
	case stepStopped:
		return &GenerationStopped{at, d.MessageID}, err
	}
	return &GenerationFailed{at, failure(d.Failure), d.MessageID}, err
}

func retrying(k llm.Kind) string {
	if k == interrupted {
		return "The server that made the answer has ended; another one goes on."
	}
	return k.Message()
}

func (d usageData) shown() *TokenUsage {
	out := &TokenUsage{InputTokens: d.Input, CachedTokens: d.Cached, OutputTokens: d.Output, Estimated: d.Estimated}
	if d.Cost != nil {
		out.Cost = dollars(*d.Cost)
	}
	return out
}

func data[T any](s *tape.Step) (d T, err error) {
	return d, json.Unmarshal(s.Data, &d)
}
