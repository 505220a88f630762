package sandbox

// Kind says why a program did not get to a result.
type Kind string

// Kinds of faults.
const (
	// Syntax is a source that does not compile.
	Syntax Kind = "SYNTAX"
	// Thrown is an error that the program did not catch, or too deep a recursion.
	Thrown Kind = "THROWN"
	// OverTime, OverCPU, OverMemory and OverOutput are limits that were passed.
	OverTime   Kind = "OVER_TIME"
	OverCPU    Kind = "OVER_CPU"
	OverMemory Kind = "OVER_MEMORY"
	OverOutput Kind = "OVER_OUTPUT"
	// NoResult is a program without a function run, or whose result is not JSON or never comes.
	NoResult Kind = "NO_RESULT"
	// Broken is a child that died or did not keep to the protocol, which is nothing that a program should be able to bring about.
	Broken Kind = "BROKEN"
)

// Fault is how a program failed. Message may come from the program: it is text of a stranger, of at most 2 KiB.
type Fault struct {
	Kind    Kind   `json:"kind"`
	Message string `json:"message"`
}

func (f *Fault) Error() string { return "sandbox: " + string(f.Kind) + ": " + f.Message }

const maxMessage = 2 << 10

func faultOf(k Kind, message string) *Fault { return &Fault{k, clip(message, maxMessage)} }

func (k Kind) known() bool {
	switch k {
	case Syntax, Thrown, OverTime, OverCPU, OverMemory, OverOutput, NoResult, Broken:
		return true
	}
	return false
}
