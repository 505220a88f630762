package sandbox

import (
	"encoding/json"
	"time"
)

// Bounds of what goes between parent and child.
const (
	maxSource    = 256 << 10
	maxInput     = 8 << 20
	maxArguments = 1 << 20
	maxAnswer    = 8 << 20
	maxOrder     = 6*maxSource + maxInput + maxAnswer
	maxCalls     = 1000
	maxLines     = 1000
	maxLine      = 2 << 10
	maxLog       = 256 << 10
)

// order is what the parent says: first the limits, then the program, then answers to calls.
type order struct {
	Limits  *Limits `json:"limits,omitempty"`
	Program *task   `json:"program,omitempty"`
	Answer  *answer `json:"answer,omitempty"`
}

type task struct {
	Source string          `json:"source"`
	Input  json.RawMessage `json:"input,omitempty"`
	Output int64           `json:"output"`
	Now    *time.Time      `json:"now,omitempty"`
	Calls  []string        `json:"calls,omitempty"`
	// Check asks to compile and no more.
	Check bool `json:"check,omitempty"`
}

type answer struct {
	Data  json.RawMessage `json:"data,omitempty"`
	Error string          `json:"error,omitempty"`
}

// report is what the child says, one of these at a time. Result or Fault is the last.
type report struct {
	Ready    bool            `json:"ready,omitempty"`
	Compiled bool            `json:"compiled,omitempty"`
	Log      *string         `json:"log,omitempty"`
	Call     *call           `json:"call,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`
	Fault    *Fault          `json:"fault,omitempty"`
}

type call struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
}
