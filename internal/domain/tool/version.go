package tool

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/enum"
	"karnak/ent/pinned"
	"karnak/internal/platform/jsonschema"
)

// definition is everything that says what a version does: what its hash is of.
type definition struct {
	Name        string          `json:"name"`
	Number      string          `json:"number"`
	Description string          `json:"description"`
	Source      string          `json:"source,omitempty"`
	Input       json.RawMessage `json:"input"`
	Output      json.RawMessage `json:"output,omitempty"`
	Replay      enum.Replay     `json:"replay"`
	Approval    enum.Approval   `json:"approval"`
	Permissions []string        `json:"permissions"`
	Uses        []string        `json:"uses"`
	Hosts       []string        `json:"hosts"`
	Clock       bool            `json:"clock"`
	// Timeout counts milliseconds.
	Timeout int `json:"timeout"`
}

// hash is the same for the same definition, in whatever order its parts are written.
func (d definition) hash() (string, error) {
	d.Permissions, d.Uses, d.Hosts = sorted(d.Permissions), sorted(d.Uses), sorted(d.Hosts)
	b, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	return digest(b)
}

// digest returns the SHA-256 of a JSON value in its canonical form.
func digest(b []byte) (string, error) {
	b, err := jsonschema.Canonical(b)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

func sorted(s []string) []string {
	out := append([]string{}, s...)
	slices.Sort(out)
	return slices.Compact(out)
}

// version is what is run: a version of a workspace's tool, or a built-in one.
type version struct {
	definition
	pin pinned.Tool
	// builtIn is nil for a program.
	builtIn *builtIn
	state   enum.ToolVersionState
}

func asVersion(name string, v *entgen.ToolVersion) *version {
	d := definition{
		Name: name, Number: v.Number, Description: v.Description, Source: v.Source, Input: json.RawMessage(v.InputSchema), Output: json.RawMessage(v.OutputSchema),
		Replay: v.Replay, Approval: v.Approval, Permissions: v.Permissions, Uses: v.Uses, Hosts: v.Hosts, Clock: v.Clock, Timeout: v.Timeout,
	}
	return &version{definition: d, pin: pinned.Tool{Name: name, Number: v.Number, VersionID: v.ID, Hash: v.Hash}, state: v.State}
}

// rights are what the tool may do.
func (v *version) rights() authz.Set {
	if v.builtIn != nil {
		return v.builtIn.permissions
	}
	var out authz.Set
	for _, p := range v.Permissions {
		out = out.Union(authz.SetOf(authz.Permission(p)))
	}
	return out
}

// asks reports whether a run waits for a person's yes.
func (v *version) asks(byModel bool) bool {
	return v.Approval == enum.AskAlways || v.Approval == enum.AskModels && byModel
}

func (v *version) timeout() time.Duration { return time.Duration(v.Timeout) * time.Millisecond }

// InputSchema returns what a version takes.
func InputSchema(v *entgen.ToolVersion) json.RawMessage { return json.RawMessage(v.InputSchema) }

// OutputSchema returns what a version answers; nil for anything.
func OutputSchema(v *entgen.ToolVersion) json.RawMessage { return json.RawMessage(v.OutputSchema) }

// Timeout returns how long a version may run.
func Timeout(v *entgen.ToolVersion) time.Duration {
	return time.Duration(v.Timeout) * time.Millisecond
}
