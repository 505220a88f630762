package sandbox

import (
	"encoding/json"
	"time"
)

// Limits are what a run may take.
type Limits struct {
	// CPU bounds the time of the processor, Wall that of the clock, with what the host does for it.
	CPU, Wall time.Duration
	// Memory bounds what the program holds, Output its result, in bytes.
	Memory, Output int64
}

// Program is what is run.
type Program struct {
	// Source defines function run(input).
	Source string
	Input  json.RawMessage
	Limits Limits
	// Now is what the program takes for the time when it begins. Where it is nil, time stands still, and chance is always the same.
	Now *time.Time
	// Calls names what it may call of its host.
	Calls []string
}

// Usage is what a run took: Memory is the most that its process held, in bytes.
type Usage struct {
	CPU, Wall time.Duration
	Memory    int64
}

// Result is what a run came to. Output is one JSON value.
type Result struct {
	Output json.RawMessage
	Usage  Usage
}

// Kind is why a run failed.
type Kind string

// The kinds.
const (
	// Syntax is a program that cannot be read, Thrown one that threw an error, NoResult one that ended without a JSON value.
	Syntax   Kind = "SYNTAX"
	Thrown   Kind = "THROWN"
	NoResult Kind = "NO_RESULT"
	// What follows took more than it may.
	OverTime   Kind = "OVER_TIME"
	OverCPU    Kind = "OVER_CPU"
	OverMemory Kind = "OVER_MEMORY"
	OverOutput Kind = "OVER_OUTPUT"
	// Broken is a process that ended, nobody knows why.
	Broken Kind = "BROKEN"
)

// Fault is why a run failed. Message is for the program's author.
type Fault struct {
	Kind    Kind   `json:"kind"`
	Message string `json:"message"`
}

// Error tells what happened.
func (f *Fault) Error() string { return string(f.Kind) + ": " + f.Message }

// order is what a process is told to do, in its first line.
type order struct {
	Check  bool            `json:"check,omitempty"`
	Source string          `json:"source"`
	Input  json.RawMessage `json:"input,omitempty"`
	Limits Limits          `json:"limits"`
	Now    *time.Time      `json:"now,omitempty"`
	Calls  []string        `json:"calls,omitempty"`
}

// word is a line of a process: something it wrote, something it calls, or its last one.
type word struct {
	Log    *string         `json:"log,omitempty"`
	Call   string          `json:"call,omitempty"`
	Args   json.RawMessage `json:"args,omitempty"`
	Output json.RawMessage `json:"output,omitempty"`
	Fault  *Fault          `json:"fault,omitempty"`
	Over   bool            `json:"over,omitempty"`
	CPU    time.Duration   `json:"cpu,omitempty"`
}

// answer is what a process is told of a call.
type answer struct {
	Value json.RawMessage `json:"value,omitempty"`
	Error string          `json:"error,omitempty"`
}
