package apptest

import (
	"context"
	"testing"

	"karnak/authz"
	"karnak/ent"
)

// Write changes the database past the services, for what a test cannot reach through the API.
func (n *Node) Write(t testing.TB, f func(tx *ent.Tx) error) {
	t.Helper()
	err := n.DB().InTx(authz.System(t.Context(), "test"), func(_ context.Context, tx *ent.Tx) error { return f(tx) })
	if err != nil {
		t.Fatal(err)
	}
}
