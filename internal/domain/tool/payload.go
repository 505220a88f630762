package tool

import (
	"karnak/ent/entgen"
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/page"
)

// Connections of this room.
type (
	ToolConnection           = page.Connection[*entgen.Tool]
	ToolEdge                 = page.Edge[*entgen.Tool]
	ToolVersionConnection    = page.Connection[*entgen.ToolVersion]
	ToolVersionEdge          = page.Edge[*entgen.ToolVersion]
	ToolInvocationConnection = page.Connection[*entgen.ToolInvocation]
	ToolInvocationEdge       = page.Edge[*entgen.ToolInvocation]
)

// VersionPayload is the result of a mutation that answers with a version.
type VersionPayload struct {
	eventlog.Receipt
	ToolVersion *entgen.ToolVersion
}

// The results that answer with a version.
type (
	RegisterToolVersionPayload  struct{ VersionPayload }
	ApproveToolChangePayload    struct{ VersionPayload }
	DeprecateToolVersionPayload struct{ VersionPayload }
)

// RollBackToolPayload is the result of rollBackTool.
type RollBackToolPayload struct {
	eventlog.Receipt
	Tool *entgen.Tool
}

// InvocationPayload is the result of a mutation that answers with a run.
type InvocationPayload struct {
	eventlog.Receipt
	Invocation *entgen.ToolInvocation
}

// The results that answer with a run.
type (
	InvokeToolPayload         struct{ InvocationPayload }
	ApproveToolCallPayload    struct{ InvocationPayload }
	StopToolInvocationPayload struct{ InvocationPayload }
)
