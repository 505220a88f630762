package llm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"karnak/internal/platform/httpclient"
)

// Kind is what kind of failure a Fault is.
type Kind string

// The kinds of failures.
const (
	// Unavailable is a provider that is not reached, is overloaded, breaks off, or falls silent.
	Unavailable Kind = "PROVIDER_UNAVAILABLE"
	Throttled   Kind = "PROVIDER_THROTTLED"
	// Refused is a provider that does not take the key or the request.
	Refused Kind = "PROVIDER_REFUSED"
	// Corrupt is a provider that sends what cannot be read.
	Corrupt Kind = "PROVIDER_CORRUPT"
	Content Kind = "CONTENT_FILTERED"
	TooLong Kind = "TOO_LONG"
	Unknown Kind = "MODEL_UNKNOWN"
	// OverBudget is no provider's: who asks has no more to spend.
	OverBudget Kind = "BUDGET_EXCEEDED"
	Internal   Kind = "INTERNAL"
)

// Fault is a failure of a provider. Its text is for the log: it may name hosts.
type Fault struct {
	Kind Kind
	// After is how long the provider wants to be left alone.
	After time.Duration
	err   error
}

// Failed returns a fault.
func Failed(k Kind, err error) *Fault { return &Fault{Kind: k, err: err} }

// Error tells what happened.
func (f *Fault) Error() string { return string(f.Kind) + ": " + f.err.Error() }

// Unwrap returns what happened.
func (f *Fault) Unwrap() error { return f.err }

// Retryable reports whether asking again may go better.
func (k Kind) Retryable() bool {
	return k == Unavailable || k == Throttled || k == Corrupt
}

// Elsewhere reports whether another model may do what this one did not.
func (k Kind) Elsewhere() bool { return k.Retryable() || k == Refused }

// Message is what people are told.
func (k Kind) Message() string {
	switch k {
	case Unavailable:
		return "The provider of the model cannot be reached or broke off: try again in a while."
	case Throttled:
		return "The provider of the model wants fewer requests: try again in a while."
	case Refused:
		return "The provider of the model refuses what it was asked: an operator has to look at the key and the model's name."
	case Corrupt:
		return "The provider of the model sent what cannot be read: try again."
	case Content:
		return "The provider of the model does not answer this: say it in other words."
	case TooLong:
		return "The conversation is longer than the model takes: begin another one, or choose a model that takes more."
	case OverBudget:
		return "The workspace's budget for language models has no more for this: somebody with admin:billing can raise it, or wait for the next month."
	case Unknown:
		return "The model is not among those that answer here: choose another one."
	}
	return "Something went wrong here: try again."
}

// Broken makes a Fault of what ended a stream; an error of the part's own comes back as it is.
func Broken(ctx context.Context, err error) error {
	var f *Fault
	switch {
	case err == nil || errors.As(err, &f):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, httpclient.ErrElsewhere):
		return Failed(Refused, err)
	case errors.Is(err, httpclient.ErrLine), errors.Is(err, httpclient.ErrLarge), errors.As(err, new(*json.SyntaxError)), errors.As(err, new(*json.UnmarshalTypeError)):
		return Failed(Corrupt, err)
	case errors.Is(err, io.EOF):
		return Failed(Unavailable, errors.New("the stream ended before the answer did"))
	}
	return Failed(Unavailable, err)
}

// Status makes a Fault of an answer of HTTP.
func Status(code int, after time.Duration, err error) *Fault {
	f := &Fault{Kind: Refused, After: after, err: err}
	switch {
	case code == http.StatusTooManyRequests:
		f.Kind = Throttled
	case code == http.StatusRequestEntityTooLarge:
		f.Kind = TooLong
	case code == http.StatusRequestTimeout || code == http.StatusConflict || code >= http.StatusInternalServerError:
		f.Kind = Unavailable
	}
	return f
}

// ErrText says that a provider sent bytes that are no text.
var ErrText = errors.New("the provider sent what is no UTF-8")

// Whole checks that what came is text.
func Whole(raw []byte) error {
	if !utf8.Valid(raw) {
		return Failed(Corrupt, ErrText)
	}
	return nil
}
