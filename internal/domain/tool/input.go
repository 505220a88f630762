package tool

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"karnak/authz"
	"karnak/ent/enum"
	"karnak/internal/platform/fault"
	"karnak/internal/platform/jsonschema"
)

const (
	longestDescription = 2_000
	longestSource      = 100_000
	longestNote        = 500
	longestArguments   = 64 << 10
	longestNumber      = 60
	mostOf             = 20
	shortest, longest  = time.Second, time.Minute
)

// reserved is how the names of built-in tools begin.
const reserved = "karnak_"

var (
	named = regexp.MustCompile(`^[a-z][a-z0-9_]{1,63}$`)
	host  = regexp.MustCompile(`^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
)

// RegisterToolVersionInput is the input of registerToolVersion.
type RegisterToolVersionInput struct {
	ClientMutationID          *string
	WorkspaceID               string
	Name, Number, Description string
	Source                    string
	InputSchema, OutputSchema json.RawMessage
	Replay                    enum.Replay
	Approval                  *enum.Approval
	Permissions, Uses, Hosts  []string
	Clock                     bool
	Timeout                   time.Duration
}

func (in *RegisterToolVersionInput) validate(builtIn func(string) *builtIn) error {
	var i fault.Issues
	switch {
	case !named.MatchString(in.Name):
		i.Add(fault.Invalid, "name", "A name is 2 to 64 lower-case letters, digits and underscores, and begins with a letter.")
	case strings.HasPrefix(in.Name, reserved):
		i.Add(fault.Invalid, "name", "Names that begin with %s are those of built-in tools.", reserved)
	}
	if len(in.Number) > longestNumber || !numbered(in.Number) {
		i.Add(fault.Invalid, "number", "A number is written like 1.2.0 or 2.0.0-rc.1, as Semantic Versioning has it, and has no build behind a plus sign.")
	}
	in.Description = strings.TrimSpace(in.Description)
	i.Text("description", in.Description, 1, longestDescription, true)
	i.Text("source", in.Source, 1, longestSource, true)
	in.schemas(&i)
	in.rights(&i, builtIn)
	if in.Timeout < shortest || in.Timeout > longest {
		i.Add(fault.Invalid, "timeout", "A run takes a second to a minute: PT1S to PT1M.")
	}
	if in.Approval == nil {
		asks := enum.AskNever
		if in.Replay == enum.Effect {
			asks = enum.AskModels
		}
		in.Approval = &asks
	}
	return i.Err()
}

// numbered reports whether a number is one of Semantic Versioning, in full and without a build.
func numbered(s string) bool {
	return semver.IsValid("v"+s) && semver.Canonical("v"+s) == "v"+s
}

func (in *RegisterToolVersionInput) schemas(i *fault.Issues) {
	if _, err := jsonschema.CompileObject(in.InputSchema); err != nil {
		i.Add(fault.Invalid, "inputSchema", "This is no JSON Schema of an object: %s.", sentence(err.Error()))
	}
	if string(in.OutputSchema) == "null" {
		in.OutputSchema = nil
	}
	if in.OutputSchema != nil {
		if _, err := jsonschema.Compile(in.OutputSchema); err != nil {
			i.Add(fault.Invalid, "outputSchema", "This is no JSON Schema: %s.", sentence(err.Error()))
		}
	}
}

func sentence(s string) string { return strings.TrimRight(strings.TrimSpace(s), ".") }

func (in *RegisterToolVersionInput) rights(i *fault.Issues, builtIn func(string) *builtIn) {
	for field, list := range map[string][]string{"permissions": in.Permissions, "uses": in.Uses, "hosts": in.Hosts} {
		if len(list) > mostOf {
			i.Add(fault.TooLong, field, "Give at most %d.", mostOf)
			return
		}
	}
	set := authz.Set{}
	for _, p := range in.Permissions {
		if !authz.Known(p) || authz.Permission(p).Platform() {
			i.Add(fault.Invalid, "permissions", "There is no permission %q that a workspace gives.", p)
			continue
		}
		set = set.Union(authz.SetOf(authz.Permission(p)))
	}
	fetches := false
	for _, name := range in.Uses {
		b := builtIn(name)
		if b == nil {
			i.Add(fault.Missing, "uses", "There is no built-in tool %q: see builtInTools of the workspace.", name)
			continue
		}
		fetches = fetches || name == fetchURL
		for _, p := range b.needs.Minus(set).Permissions() {
			i.Add(fault.Invalid, "permissions", "%s needs %s.", name, p)
		}
	}
	for _, h := range in.Hosts {
		if !host.MatchString(h) || len(h) > 253 {
			i.Add(fault.Invalid, "hosts", "%q is no host: write api.example.com, or *.example.com for all below it.", h)
		}
	}
	if fetches != (len(in.Hosts) > 0) {
		i.Add(fault.Invalid, "hosts", "Who uses %s names the hosts that it fetches from, and nobody else does.", fetchURL)
	}
}

// ApproveToolChangeInput is the input of approveToolChange.
type ApproveToolChangeInput struct {
	ClientMutationID    *string
	ToolVersionID, Hash string
	Approve             bool
	Note                string
}

// DeprecateToolVersionInput is the input of deprecateToolVersion.
type DeprecateToolVersionInput struct {
	ClientMutationID *string
	ToolVersionID    string
	Note             string
}

// RollBackToolInput is the input of rollBackTool.
type RollBackToolInput struct {
	ClientMutationID *string
	ToolVersionID    string
}

// InvokeToolInput is the input of invokeTool.
type InvokeToolInput struct {
	ClientMutationID  *string
	WorkspaceID, Tool string
	Number            *string
	Arguments         json.RawMessage
}

// ApproveToolCallInput is the input of approveToolCall.
type ApproveToolCallInput struct {
	ClientMutationID                *string
	ToolInvocationID, ArgumentsHash string
	Approve                         bool
	Note                            string
}

// StopToolInvocationInput is the input of stopToolInvocation.
type StopToolInvocationInput struct {
	ClientMutationID *string
	ToolInvocationID string
}

func noted(note string) error {
	var i fault.Issues
	i.Text("note", note, 0, longestNote, true)
	return i.Err()
}
