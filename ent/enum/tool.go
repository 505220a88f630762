package enum

import "io"

// Replay says whether a tool may be run again where nobody knows how far it came.
type Replay string

// The classes. READ_ONLY is run again by itself, EFFECT only after somebody was asked.
const (
	ReadOnly Replay = "READ_ONLY"
	Effect   Replay = "EFFECT"
)

// IsValid reports whether the class is one of the two.
func (r Replay) IsValid() bool { return r == ReadOnly || r == Effect }

// MarshalGQL writes the enum value.
func (r Replay) MarshalGQL(w io.Writer) { marshal(w, string(r)) }

// UnmarshalGQL reads the enum value.
func (r *Replay) UnmarshalGQL(x any) error {
	return unmarshal((*string)(r), x, func() bool { return r.IsValid() })
}

// Approval says whose call of a tool waits for a person's yes.
type Approval string

// The policies: nobody's, those by language models, everybody's.
const (
	AskNever  Approval = "NEVER"
	AskModels Approval = "MODELS"
	AskAlways Approval = "ALWAYS"
)

// IsValid reports whether the policy is one of the three.
func (a Approval) IsValid() bool { return a == AskNever || a == AskModels || a == AskAlways }

// MarshalGQL writes the enum value.
func (a Approval) MarshalGQL(w io.Writer) { marshal(w, string(a)) }

// UnmarshalGQL reads the enum value.
func (a *Approval) UnmarshalGQL(x any) error {
	return unmarshal((*string)(a), x, func() bool { return a.IsValid() })
}

// ToolVersionState is what was decided about a version of a tool.
type ToolVersionState string

// The states.
const (
	Proposed   ToolVersionState = "PROPOSED"
	Approved   ToolVersionState = "APPROVED"
	Rejected   ToolVersionState = "REJECTED"
	Deprecated ToolVersionState = "DEPRECATED"
)

// IsValid reports whether the state is one of the four.
func (s ToolVersionState) IsValid() bool {
	return s == Proposed || s == Approved || s == Rejected || s == Deprecated
}

// MarshalGQL writes the enum value.
func (s ToolVersionState) MarshalGQL(w io.Writer) { marshal(w, string(s)) }

// UnmarshalGQL reads the enum value.
func (s *ToolVersionState) UnmarshalGQL(x any) error {
	return unmarshal((*string)(s), x, func() bool { return s.IsValid() })
}

// InvocationState is how far a run of a tool has come.
type InvocationState string

// The states. The last five are final.
const (
	Waiting   InvocationState = "AWAITING_APPROVAL"
	Called    InvocationState = "QUEUED"
	Working   InvocationState = "RUNNING"
	Succeeded InvocationState = "SUCCEEDED"
	Errored   InvocationState = "FAILED"
	Denied    InvocationState = "DENIED"
	Expired   InvocationState = "EXPIRED"
	Cancelled InvocationState = "STOPPED"
)

// IsValid reports whether the state is one of the eight.
func (s InvocationState) IsValid() bool {
	return s == Waiting || s == Called || s == Working || s.Over()
}

// Over reports whether nothing comes after the state.
func (s InvocationState) Over() bool {
	return s == Succeeded || s == Errored || s == Denied || s == Expired || s == Cancelled
}

// MarshalGQL writes the enum value.
func (s InvocationState) MarshalGQL(w io.Writer) { marshal(w, string(s)) }

// UnmarshalGQL reads the enum value.
func (s *InvocationState) UnmarshalGQL(x any) error {
	return unmarshal((*string)(s), x, func() bool { return s.IsValid() })
}

// Asking is why a run waits for a person's yes.
type Asking string

// The reasons: the tool's policy, or that a run broke off and may have had its effect.
const (
	ByPolicy Asking = "POLICY"
	ToReplay Asking = "REPLAY"
)

// IsValid reports whether the reason is one of the two.
func (a Asking) IsValid() bool { return a == ByPolicy || a == ToReplay }

// MarshalGQL writes the enum value.
func (a Asking) MarshalGQL(w io.Writer) { marshal(w, string(a)) }

// UnmarshalGQL reads the enum value.
func (a *Asking) UnmarshalGQL(x any) error {
	return unmarshal((*string)(a), x, func() bool { return a.IsValid() })
}
