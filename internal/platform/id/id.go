// Package id makes and reads TypeIDs: a type prefix, an underscore, and a UUIDv7 in 26 characters of Crockford's base32.
// They sort by the time they were made (the TypeID specification, version 0.3).
package id

import (
	"strings"

	"github.com/google/uuid"
)

// Prefix names the type of an id.
type Prefix string

// The registered prefixes, one per type of object.
const (
	User           Prefix = "user"
	Session        Prefix = "sess"
	SigningKey     Prefix = "key"
	Workspace      Prefix = "ws"
	Member         Prefix = "mem"
	Invitation     Prefix = "inv"
	Role           Prefix = "role"
	Grant          Prefix = "grant"
	Channel        Prefix = "chan"
	ChannelMember  Prefix = "chmem"
	ReadState      Prefix = "read"
	Message        Prefix = "msg"
	Mention        Prefix = "ment"
	Reaction       Prefix = "react"
	Conversation   Prefix = "conv"
	Generation     Prefix = "gen"
	Step           Prefix = "step"
	ModelBudget    Prefix = "budget"
	Tool           Prefix = "tool"
	ToolVersion    Prefix = "toolv"
	ToolInvocation Prefix = "call"
	Event          Prefix = "evt"
	Idempotency    Prefix = "idem"
	Request        Prefix = "req"
	Connection     Prefix = "conn"
	Node           Prefix = "node"
)

// Platform is the id of the platform's own log, which holds what belongs to no workspace (sessions, users).
const Platform = "ws_00000000000000000000000000"

// Assistant is the id of the user that what language models write is by. Nobody can sign in as it.
const Assistant = "user_00000000000000000000000001"

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

var decode = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i := range len(alphabet) {
		t[alphabet[i]] = byte(i)
	}
	return t
}()

// New makes an id; ids made later by one process sort later.
func New(p Prefix) string { return From(p, uuid.Must(uuid.NewV7())) }

// From returns the id of a prefix for the given 16 bytes.
func From(p Prefix, u [16]byte) string {
	b := make([]byte, 0, len(p)+27)
	b = append(append(b, p...), '_')
	// 128 bits are 26 groups of five; the first holds three.
	var acc uint32
	bits := 2
	for _, x := range u {
		acc = acc<<8 | uint32(x)
		bits += 8
		for bits >= 5 {
			bits -= 5
			b = append(b, alphabet[acc>>bits&31])
		}
	}
	return string(b)
}

// Parse returns the 16 bytes of an id of this prefix; ok is false for anything else.
func Parse(p Prefix, s string) (u [16]byte, ok bool) {
	rest, found := strings.CutPrefix(s, string(p)+"_")
	if !found || len(rest) != 26 || rest[0] > '7' {
		return u, false
	}
	var acc uint32
	bits, n := -2, 0
	for i := range len(rest) {
		v := decode[rest[i]]
		if v == 0xff {
			return u, false
		}
		acc = acc<<5 | uint32(v)
		if bits += 5; bits >= 8 {
			bits -= 8
			u[n] = byte(acc >> bits)
			n++
		}
	}
	return u, true
}

// Valid reports whether s is an id of this prefix.
func Valid(p Prefix, s string) bool {
	_, ok := Parse(p, s)
	return ok
}

// PrefixOf returns the prefix of a well-formed id, else "".
func PrefixOf(s string) Prefix {
	i := strings.LastIndexByte(s, '_')
	if i <= 0 {
		return ""
	}
	p := Prefix(s[:i])
	if !Valid(p, s) {
		return ""
	}
	return p
}
