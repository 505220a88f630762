package authz

import "strings"

// FaultKind is what is wrong with a role.
type FaultKind string

// The kinds of faults.
const (
	// FaultName is a name of the wrong form.
	FaultName FaultKind = "NAME"
	// FaultShadow is a name that a built-in role has; superAdmin in any case of letters.
	FaultShadow FaultKind = "SHADOW"
	// FaultDuplicate is a name that two roles of the workspace have.
	FaultDuplicate FaultKind = "DUPLICATE"
	// FaultParent is a parent that does not exist.
	FaultParent FaultKind = "PARENT"
	// FaultPlatform is a parent or a permission that belongs to the platform.
	FaultPlatform FaultKind = "PLATFORM"
	// FaultCycle is a role that inherits from itself.
	FaultCycle FaultKind = "CYCLE"
	// FaultDepth is a role with a line of inheritance longer than MaxDepth.
	FaultDepth FaultKind = "DEPTH"
	// FaultPattern is a pattern that covers no permission.
	FaultPattern FaultKind = "PATTERN"
)

// RoleFault is one fault of a role.
type RoleFault struct {
	Kind FaultKind
	// Role is the role that has the fault.
	Role string
	// Field is the part of the role at fault: "name", "parents", "allow" or "deny".
	Field string
	// Value is the name, parent, pattern or line of inheritance at fault.
	Value string
	// Message says what is wrong and what to do, in words for whoever wrote the role.
	Message string
}

// PolicyError lists everything that is wrong with the roles of a workspace.
type PolicyError struct{ Faults []RoleFault }

func (e *PolicyError) Error() string {
	var b strings.Builder
	b.WriteString("the roles have faults:")
	for _, f := range e.Faults {
		b.WriteString(" [" + f.Role + " " + string(f.Kind) + "] " + f.Message)
	}
	return b.String()
}
