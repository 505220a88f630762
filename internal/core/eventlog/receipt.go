package eventlog

import (
	"context"

	"karnak/internal/platform/fault"
)

// Receipt is what every mutation's payload embeds.
type Receipt struct {
	UserErrors       []fault.UserError
	ClientMutationID *string
	// Cursor is the position of the change; nil where it is in no log the caller reads.
	Cursor *string
}

// Acknowledge returns the receipt, for the one place that fills in user errors.
func (r *Receipt) Acknowledge() *Receipt { return r }

// Done tells what a change did.
type Done struct {
	Receipt
	// ObjectID is what the change returned; also when Replayed.
	ObjectID string
	// Replayed says that the change was made before, under the same idempotency key, and not again.
	Replayed bool
}

// Mutation is what the log has to know of the mutation a change belongs to.
type Mutation struct {
	ClientMutationID *string
	// Key is the caller's idempotency key, empty for none; Fingerprint is a hash of the mutation and its input.
	Key, Fingerprint string
}

type mutationKey struct{}

// WithMutation returns a context for the changes of one mutation.
func WithMutation(ctx context.Context, m Mutation) context.Context {
	return context.WithValue(ctx, mutationKey{}, m)
}

func mutationOf(ctx context.Context) Mutation {
	m, _ := ctx.Value(mutationKey{}).(Mutation)
	return m
}

// Unkeyed returns a context whose changes ignore the idempotency key: for mutations that answer with secrets, which are
// not kept and so cannot be given a second time.
func Unkeyed(ctx context.Context) context.Context {
	m := mutationOf(ctx)
	m.Key = ""
	return WithMutation(ctx, m)
}
