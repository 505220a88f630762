package job

import (
	"context"
	"database/sql"

	"entgo.io/ent/dialect"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"karnak/internal/platform/store"
)

// driver is River's for the engine, but for how workers hear of new jobs: commits of this process wake them, and no
// statement tells or asks the database for the sake of it.
type driver struct {
	riverdriver.Driver[*sql.Tx]
	wake *waker
}

func newDriver(s *store.Store) driver { return driver{engine(s.DB(), s.Dialect()), newWaker()} }

func engine(db *sql.DB, name string) riverdriver.Driver[*sql.Tx] {
	if name == dialect.SQLite {
		return riversqlite.New(db)
	}
	return riverdatabasesql.New(db)
}

// SupportsListener says that GetListener works.
func (driver) SupportsListener() bool { return true }

// SupportsListenNotify says that inserts send nothing.
func (driver) SupportsListenNotify() bool { return false }

// GetListener returns what wakes the workers.
func (d driver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener { return d.wake }

// waker tells River's workers in this process that there is a job.
type waker struct{ ch chan struct{} }

func newWaker() *waker { return &waker{make(chan struct{}, 1)} }

// wake makes the workers look for jobs soon. It does not block.
func (w *waker) wake() {
	select {
	case w.ch <- struct{}{}:
	default: // they were told and have not looked yet
	}
}

// WaitForNotification waits for wake.
func (w *waker) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-w.ch:
		return &riverdriver.Notification{Topic: "river_insert", Payload: `{"queue": "default"}`}, nil
	}
}

// What is left of a listener has no connection to mind.

// Connect does nothing.
func (*waker) Connect(context.Context) error { return nil }

// Close does nothing.
func (*waker) Close(context.Context) error { return nil }

// Ping does nothing.
func (*waker) Ping(context.Context) error { return nil }

// Listen does nothing.
func (*waker) Listen(context.Context, string) error { return nil }

// Unlisten does nothing.
func (*waker) Unlisten(context.Context, string) error { return nil }

// Schema is that of the connection.
func (*waker) Schema() string { return "" }

// SetAfterConnectExec does nothing.
func (*waker) SetAfterConnectExec(string) {}
