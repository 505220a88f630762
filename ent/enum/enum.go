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
)

// IsValid reports whether the visibility is one of the three.
func (v Visibility) IsValid() bool { return v == Public || v == Private || v == Direct }

// MarshalGQL writes the enum value.
func (v Visibility) MarshalGQL(w io.Writer) { marshal(w, string(v)) }

// UnmarshalGQL reads the enum value.
func (v *Visibility) UnmarshalGQL(x any) error {
	return unmarshal((*string)(v), x, func() bool { return v.IsValid() })
}

func marshal(w io.Writer, s string) { _, _ = io.WriteString(w, strconv.Quote(s)) }

func unmarshal(into *string, v any, valid func() bool) error {
	s, ok := v.(string)
	if *into = s; !ok || !valid() {
		return fault.New(fault.BadUserInput, "%v is not a value of this enum.", v)
	}
	return nil
}
