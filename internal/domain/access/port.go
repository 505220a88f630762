package access

import (
	"context"

	"karnak/internal/platform/job"
	"karnak/internal/platform/store"
)

// Jobs inserts jobs in the transaction of a change; the job queue does.
type Jobs interface {
	InsertTx(ctx context.Context, tx *store.Tx, args job.Args, opts job.Opts) error
}
