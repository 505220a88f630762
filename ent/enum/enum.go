// Package enum holds the Go types of fields: enums that the database, the services and GraphQL share.
package enum

import (
	"io"
	"strconv"

	"karnak/internal/platform/fault"
)

// Tier is what a workspace is entitled to.
type Tier string

// The tiers, each with what the one before has.
const (
	Solopreneur Tier = "SOLOPRENEUR"
	Startup     Tier = "STARTUP"
	SME         Tier = "SME"
	Enterprise  Tier = "ENTERPRISE"
)

var tiers = map[Tier]int{Solopreneur: 1, Startup: 2, SME: 3, Enterprise: 4}

// Has reports whether the tier includes what another has.
func (t Tier) Has(other Tier) bool { return tiers[t] >= tiers[other] }

// IsValid reports whether the tier is one of the four.
func (t Tier) IsValid() bool { return tiers[t] > 0 }

// MarshalGQL writes the enum value.
func (t Tier) MarshalGQL(w io.Writer) { marshal(w, string(t)) }

// UnmarshalGQL reads the enum value.
func (t *Tier) UnmarshalGQL(v any) error {
	return unmarshal((*string)(t), v, func() bool { return t.IsValid() })
}

// Visibility says who may find and read a channel.
type Visibility string

// The visibilities.
const (
	Public  Visibility = "PUBLIC"
	Private Visibility = "PRIVATE"
	Direct  Visibility = "DIRECT"
	// Assistant is that of a conversation with a language model.
	Assistant Visibility = "ASSISTANT"
)

// IsValid reports whether the visibility is one of the four.
func (v Visibility) IsValid() bool { return v == Public || v == Private || v.Closed() }

// Closed reports whether a channel is its members' alone, whoever else holds what.
func (v Visibility) Closed() bool { return v == Direct || v == Assistant }

// MarshalGQL writes the enum value.
func (v Visibility) MarshalGQL(w io.Writer) { marshal(w, string(v)) }

// UnmarshalGQL reads the enum value.
func (v *Visibility) UnmarshalGQL(x any) error {
	return unmarshal((*string)(v), x, func() bool { return v.IsValid() })
}

// GenerationState is how far the making of an answer has come.
type GenerationState string

// The states. The last three are final.
const (
	Queued   GenerationState = "QUEUED"
	Running  GenerationState = "RUNNING"
	Finished GenerationState = "FINISHED"
	Failed   GenerationState = "FAILED"
	Stopped  GenerationState = "STOPPED"
)

// IsValid reports whether the state is one of the five.
func (s GenerationState) IsValid() bool { return s == Queued || s == Running || s.Over() }

// Over reports whether nothing comes after the state.
func (s GenerationState) Over() bool { return s == Finished || s == Failed || s == Stopped }

// MarshalGQL writes the enum value.
func (s GenerationState) MarshalGQL(w io.Writer) { marshal(w, string(s)) }

// UnmarshalGQL reads the enum value.
func (s *GenerationState) UnmarshalGQL(x any) error {
	return unmarshal((*string)(s), x, func() bool { return s.IsValid() })
}

func marshal(w io.Writer, s string) { _, _ = io.WriteString(w, strconv.Quote(s)) }

func unmarshal(into *string, v any, valid func() bool) error {
	s, ok := v.(string)
	if *into = s; !ok || !valid() {
		return fault.New(fault.BadUserInput, "%v is not a value of this enum.", v)
	}
	return nil
}
