package transport

import (
	"errors"
	"fmt"

	"karnak/internal/platform/fault"
)

// Close codes. 4400 to 4429 are those of graphql-transport-ws, except 4413, which is karnak's own.
const (
	// CloseRestart: the server goes down or restarts. Connect again and resume after the last cursor.
	CloseRestart = 1012
	// CloseTryLater: the server cannot take the connection now. Connect again later.
	CloseTryLater = 1013
	// CloseProtocol: what came is no websocket frame of a client.
	CloseProtocol = 1002
	// CloseTooBig: a message was over the limit.
	CloseTooBig = 1009
	// CloseInternal: something went wrong in the server while the connection was set up.
	CloseInternal = 1011
	// CloseBadMessage: what came is no message of the protocol.
	CloseBadMessage = 4400
	// CloseUnauthorized: the token is bad or has expired, or a subscribe came before the acknowledgement. Connect again with a
	// new token.
	CloseUnauthorized = 4401
	// CloseForbidden: the session may not connect, or has ended.
	CloseForbidden = 4403
	// CloseSubprotocol: the client does not speak graphql-transport-ws.
	CloseSubprotocol = 4406
	// CloseInitTimeout: no connection_init came in time.
	CloseInitTimeout = 4408
	// CloseDuplicate: a subscribe used the id of an operation that still runs.
	CloseDuplicate = 4409
	// CloseSlow: the client did not read for too long, and what waited for it was dropped. Connect again and resume after the
	// last cursor that arrived. A client that goes on not reading finds the connection cut without a code.
	CloseSlow = 4413
	// CloseSecondInit: a second connection_init came.
	CloseSecondInit = 4429

	// codeNone and codeLost are never sent: no code came from the client, and the connection broke.
	codeNone = 1005
	codeLost = 1006
)

// CloseError ends a websocket connection with a code and a reason that the client may see. Init may return one, and the cause
// of a session's context may be one.
type CloseError struct {
	Code   int
	Reason string
}

func (e *CloseError) Error() string {
	return fmt.Sprintf("websocket closed with %d: %s", e.Code, e.Reason)
}

func closing(code int, format string, args ...any) *CloseError {
	return &CloseError{Code: code, Reason: clip(fmt.Sprintf(format, args...), maxReason)}
}

// maxReason is what a close frame has room for.
const maxReason = 123

// refusedInit is how a connection ends that Init refused.
func refusedInit(err error) *CloseError {
	var c *CloseError
	if errors.As(err, &c) {
		return closing(c.Code, "%s", c.Reason)
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		return closing(CloseInternal, "Something went wrong here.")
	}
	switch f.Code {
	case fault.Unauthenticated:
		return closing(CloseUnauthorized, "%s", f.Message)
	case fault.Throttled, fault.Unavailable:
		return closing(CloseTryLater, "%s", f.Message)
	case fault.Internal:
		return closing(CloseInternal, "Something went wrong here.")
	default:
		return closing(CloseForbidden, "%s", f.Message)
	}
}

// endedSession is how a connection ends whose session ended.
func endedSession(err error) *CloseError {
	var c *CloseError
	var f *fault.Error
	if errors.As(err, &c) || errors.As(err, &f) {
		return refusedInit(err)
	}
	return closing(CloseForbidden, "session ended")
}
