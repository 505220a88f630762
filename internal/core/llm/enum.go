package llm

import (
	"io"
	"strconv"

	"karnak/internal/platform/fault"
)

// MarshalGQL writes the kind as clients see it.
func (k Kind) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(k))) }

// UnmarshalGQL reads a kind; no input has one.
func (*Kind) UnmarshalGQL(any) error { return given() }

// MarshalGQL writes the reason as clients see it.
func (r Reason) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(r))) }

// UnmarshalGQL reads a reason; no input has one.
func (*Reason) UnmarshalGQL(any) error { return given() }

func given() error { return fault.New(fault.BadUserInput, "This is told, and never given.") }
