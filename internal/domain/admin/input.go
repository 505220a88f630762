package admin

import (
	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
)

// TerminateConnectionInput is the input of terminateConnection.
type TerminateConnectionInput struct {
	ClientMutationID *string
	ConnectionID     string
	Reconnect        bool
	Reason           string
}

// A close frame has room for 123 bytes.
const longestReason = 80

func (in *TerminateConnectionInput) validate() error {
	var i fault.Issues
	i.Text("reason", in.Reason, 0, longestReason, false)
	if len(in.Reason) > longestReason && len(i) == 0 {
		i.Add(fault.TooLong, "reason", "A reason has at most %d bytes.", longestReason)
	}
	return i.Err()
}

// TerminateConnectionPayload is the result of terminateConnection.
type TerminateConnectionPayload struct {
	eventlog.Receipt
	ConnectionID *string
}
