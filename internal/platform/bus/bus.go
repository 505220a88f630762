// Package bus carries hints between the nodes of an installation: short-lived, at most once, in no store. A message may be
// lost (a slow subscriber, a broken connection, a restart) and is never repeated by the bus; whoever must not miss anything
// reads the database. Publishing never waits for a subscriber.
package bus

import (
	"errors"
	"log/slog"
	"strings"
)

// Bus is the port. Implementations pass the suite in bustest.
type Bus interface {
	// Publish hands a message to every subscription that matches, on every node, this one included. It returns before they
	// have it. The payload may be changed by the caller afterwards. An error means that it surely does not arrive.
	Publish(subject string, payload []byte) error
	// Subscribe calls handle for each message whose subject matches the pattern, one at a time and in the order in which one
	// publisher sent them. In a pattern * stands for one token, a last > for one or more. What is published after Subscribe
	// returned is delivered, as far as a bus delivers. The handler owns the payload. A handler that panics loses that message.
	// After cancel no further call begins; it may be called more than once, also by the handler.
	Subscribe(pattern string, handle func(subject string, payload []byte)) (cancel func(), err error)
	// Name is the kind of bus: nats-embedded or nats.
	Name() string
	// Healthy reports whether messages reach other nodes at this moment.
	Healthy() bool
	// Close ends all subscriptions and frees everything; it may be called more than once. Publish and Subscribe then give
	// ErrClosed.
	Close()
}

// Errors of a Bus.
var (
	ErrClosed  = errors.New("bus: closed")
	ErrSubject = errors.New("bus: the subject is not well formed")
	ErrPayload = errors.New("bus: the payload is too large")
)

// MaxPayload is the largest payload in bytes.
const MaxPayload = 256 << 10

const (
	maxSubject = 255
	// What one subscription may leave waiting before messages are dropped for it.
	pendingMessages = 16 << 10
	pendingBytes    = 32 << 20
)

// Config holds what both kinds of bus need.
type Config struct {
	// Logger hears of connections, drops and panics of handlers.
	Logger *slog.Logger
	// URL names NATS servers, separated by commas; OpenEmbedded does not read it.
	URL string
	// Node is the name of this node in the server's reports; "karnak" where it is empty. Nodes of a cluster have different names.
	Node string
	// Listen makes OpenEmbedded one of a cluster: host:port for the connections of the other nodes; empty for none. Routes are
	// the addresses of others, of which one that runs is enough; the node's own among them does no harm. Key is the same 32
	// bytes on every node.
	Listen string
	Routes []string
	Key    []byte
}

func (c *Config) validate() error {
	if c.Logger == nil {
		return errors.New("bus: no logger")
	}
	if c.Node == "" {
		c.Node = "karnak"
	}
	return nil
}

// wellFormed reports whether a subject is made of non-empty tokens between dots; a pattern may hold wildcards.
func wellFormed(subject string, pattern bool) bool {
	if subject == "" || len(subject) > maxSubject {
		return false
	}
	tokens := strings.Split(subject, ".")
	for i, t := range tokens {
		wild := t == "*" || (t == ">" && i == len(tokens)-1)
		if t == "" || strings.ContainsFunc(t, unprintable) || (wild && !pattern) || (!wild && strings.ContainsAny(t, "*>")) {
			return false
		}
	}
	return true
}

func unprintable(r rune) bool { return r <= ' ' || r >= 0x7f }
