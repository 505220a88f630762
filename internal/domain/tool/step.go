package tool

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"karnak/ent/enum"
	"karnak/internal/core/tape"
	"karnak/internal/platform/fault"
)

// Failure is why a run failed.
type Failure string

// The failures.
const (
	Unknown          Failure = "TOOL_UNKNOWN"
	InvalidArguments Failure = "INVALID_ARGUMENTS"
	InvalidOutput    Failure = "INVALID_OUTPUT"
	ProgramFailed    Failure = "PROGRAM_FAILED"
	TimedOut         Failure = "TIMEOUT"
	LimitExceeded    Failure = "LIMIT_EXCEEDED"
	Forbidden        Failure = "FORBIDDEN"
	Unavailable      Failure = "UNAVAILABLE"
	Interrupted      Failure = "INTERRUPTED"
	Internal         Failure = "INTERNAL"
)

// MarshalGQL writes the failure as clients see it.
func (f Failure) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(f))) }

// UnmarshalGQL reads a failure; no input has one.
func (*Failure) UnmarshalGQL(any) error {
	return fault.New(fault.BadUserInput, "This is told, and never given.")
}

// The kinds of steps of a run's tape.
const (
	stepAwaiting = "awaiting"
	stepStarted  = "started"
	stepLogged   = "logged"
	stepEnded    = "ended"
)

// What the steps hold.
type (
	awaitingData struct {
		Asking    enum.Asking `json:"asking"`
		ExpiresAt time.Time   `json:"expiresAt"`
	}
	startedData struct {
		Attempt int `json:"attempt"`
	}
	loggedData struct {
		Line string `json:"line"`
	}
	endedData struct {
		State enum.InvocationState `json:"state"`
	}
)

// ToolInvocationEvent is a step as clients see it.
type ToolInvocationEvent interface {
	IsToolInvocationEvent()
	// Position is where the events go on.
	Position() string
}

// Stepped is what the events have in common.
type Stepped struct {
	Seq    int64
	Cursor string
	At     time.Time
}

// IsToolInvocationEvent marks a step.
func (Stepped) IsToolInvocationEvent() {}

// Position is where the events go on.
func (s Stepped) Position() string { return s.Cursor }

// The events as clients see them.
type (
	ToolInvocationAwaiting struct {
		Stepped
		Asking    enum.Asking
		ExpiresAt time.Time
	}
	ToolInvocationStarted struct {
		Stepped
		Attempt int
	}
	ToolInvocationLogged struct {
		Stepped
		Line string
	}
	ToolInvocationEnded struct {
		Stepped
		InvocationID string
	}
)

// typed returns a step as clients see it.
func typed(s *tape.Step) (ToolInvocationEvent, error) {
	at := Stepped{s.Seq, s.Cursor, s.At}
	switch s.Kind {
	case stepAwaiting:
		d, err := data[awaitingData](s)
		return &ToolInvocationAwaiting{at, d.Asking, d.ExpiresAt}, err
	case stepStarted:
		d, err := data[startedData](s)
		return &ToolInvocationStarted{at, d.Attempt}, err
	case stepLogged:
		d, err := data[loggedData](s)
		return &ToolInvocationLogged{at, d.Line}, err
	}
	return &ToolInvocationEnded{at, s.TapeID}, nil
}

func data[T any](s *tape.Step) (d T, err error) {
	return d, json.Unmarshal(s.Data, &d)
}
