// Package fault is the one typed error of karnak. Services return it, graph/errors.go turns it into top-level errors or
// userErrors, and nothing else maps errors. An error of any other type is INTERNAL: logged, never shown.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code is a registered code of a top-level error.
type Code string

// The registered codes.
const (
	Unauthenticated           Code = "UNAUTHENTICATED"
	Forbidden                 Code = "FORBIDDEN"
	NotFound                  Code = "NOT_FOUND"
	BadUserInput              Code = "BAD_USER_INPUT"
	Throttled                 Code = "THROTTLED"
	CostLimit                 Code = "COST_LIMIT"
	DepthLimit                Code = "DEPTH_LIMIT"
	TokenLimit                Code = "TOKEN_LIMIT"
	PersistedQueryNotFound    Code = "PERSISTED_QUERY_NOT_FOUND"
	PersistedDocumentRequired Code = "PERSISTED_DOCUMENT_REQUIRED"
	CursorExpired             Code = "CURSOR_EXPIRED"
	CursorReset               Code = "CURSOR_RESET"
	IdempotencyConflict       Code = "IDEMPOTENCY_CONFLICT"
	Unavailable               Code = "UNAVAILABLE"
	Internal                  Code = "INTERNAL"
)

// Retryable says whether the same request may succeed later.
func (c Code) Retryable() bool { return c == Throttled || c == Unavailable }

// Error is the typed error. Issues are faults of the input that the caller can mend; an Error with Issues becomes userErrors.
type Error struct {
	Code       Code
	Message    string
	Issues     []UserError
	RetryAfter time.Duration
	cause      error
}

// UserError is one fault of an input. Field is the path from "input" down, nil where no single field is at fault.
type UserError struct {
	Code    UserErrorCode
	Field   []string
	Message string
}

// UserErrorCode is the kind of a UserError, as in the GraphQL enum of this name.
type UserErrorCode string

// Kinds of user errors.
const (
	Invalid            UserErrorCode = "INVALID"
	Required           UserErrorCode = "REQUIRED"
	TooLong            UserErrorCode = "TOO_LONG"
	TooShort           UserErrorCode = "TOO_SHORT"
	Taken              UserErrorCode = "TAKEN"
	Missing            UserErrorCode = "NOT_FOUND"
	Conflict           UserErrorCode = "CONFLICT"
	NotAllowed         UserErrorCode = "NOT_ALLOWED"
	InvalidCredentials UserErrorCode = "INVALID_CREDENTIALS"
	Expired            UserErrorCode = "EXPIRED"
	TierRequired       UserErrorCode = "TIER_REQUIRED"
	QuotaExceeded      UserErrorCode = "QUOTA_EXCEEDED"
)

// New returns an error of a code; the message is shown to the caller.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns an error of a code with a cause that is logged and never shown.
func Wrap(cause error, code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), cause: cause}
}

// User returns an error with one issue. A field like "channelId" stands for the path input.channelId; "" for none.
func User(code UserErrorCode, field, format string, args ...any) *Error {
	var i Issues
	i.Add(code, field, format, args...)
	return i.fault()
}

// SignInNeeded is the answer to anonymous callers.
func SignInNeeded() *Error { return New(Unauthenticated, "Sign in first.") }

// Denied is the answer to a caller who may see the object but lacks the permission.
func Denied(permission string) *Error {
	return New(Forbidden, "This needs the permission %s.", permission)
}

// Absent is the answer for an object that does not exist, and just the same for one the caller may not see.
func Absent() *Error { return New(NotFound, "There is no such object.") }

// Throttle asks the caller to come back after a while.
func Throttle(after time.Duration) *Error {
	e := New(Throttled, "Too many attempts; try again in %d s.", int(after.Seconds())+1)
	e.RetryAfter = after
	return e
}

func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	for _, i := range e.Issues {
		s += fmt.Sprintf(" [%s %v %s]", i.Code, i.Field, i.Message)
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is(err, fault.New(code, "")) compare codes.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code && len(t.Issues) == 0 && t.Message == ""
}

// CodeOf returns the code of an error; Internal for one that is not typed.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// IsUser reports whether an error is about an input, in a way that its caller can mend.
func IsUser(err error) bool {
	var e *Error
	return errors.As(err, &e) && len(e.Issues) > 0
}

// Sentences is what people are told of an error: the faults of an input, else the message.
func (e *Error) Sentences() string {
	if len(e.Issues) == 0 {
		return e.Message
	}
	out := make([]string, len(e.Issues))
	for i, x := range e.Issues {
		out[i] = x.Message
	}
	return strings.Join(out, " ")
}

// Issues collects the faults of an input, so that all of them are reported at once.
type Issues []UserError

// Add appends a fault. A field like "channelId" stands for the path input.channelId; "" for none.
func (i *Issues) Add(code UserErrorCode, field, format string, args ...any) {
	u := UserError{Code: code, Message: fmt.Sprintf(format, args...)}
	if field != "" {
		u.Field = []string{"input", field}
	}
	*i = append(*i, u)
}

// Err returns nil when nothing was added, else a BAD_USER_INPUT error with the issues.
func (i Issues) Err() error {
	if len(i) == 0 {
		return nil
	}
	return i.fault()
}

func (i Issues) fault() *Error {
	return &Error{Code: BadUserInput, Message: "The input has faults.", Issues: i}
}
