package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/lib/pq"

	"karnak/internal/platform/failpoint"
)

func openPostgres(ctx context.Context, c Config) (*Store, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, errors.New("the database URL cannot be read")
	}
	q := u.Query()
	for k, v := range map[string]string{
		"application_name": "karnak",
		"TimeZone":         "UTC",
		// A prepared statement is planned once: lists and limits differ from call to call, the plan wanted does not.
		"plan_cache_mode": "force_generic_plan",
	} {
		if !q.Has(k) {
			q.Set(k, v)
		}
	}
	u.RawQuery = q.Encode()
	said, err := pq.NewConfig(u.String())
	if err != nil {
		return nil, errors.New("the database URL cannot be used: check host, port and parameters")
	}
	base, err := pq.NewConnectorConfig(said)
	if err != nil {
		return nil, err
	}
	base.Dialer(&dialer{})
	db := sql.OpenDB(&connector{base: base, scope: c.Scope, role: c.Role})
	pool := c.Pool
	if pool <= 0 {
		pool = usualPool
	}
	s := &Store{dialect: dialect.Postgres, read: db, write: db, reader: &reader{Driver: entsql.OpenDB(dialect.Postgres, db)}}
	if pool >= leastShared {
		if s.reader.pool, err = openReads(ctx, c, encrypted(*u, said), pool/2); err != nil {
			return nil, errors.Join(err, db.Close())
		}
		pool -= pool / 2
	}
	db.SetMaxOpenConns(pool)
	db.SetMaxIdleConns(pool)
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("PostgreSQL at %s: %w", u.Host, err), s.Close())
	}
	return s, nil
}

const (
	usualPool = 8
	// leastShared is the smallest pool of which half is for reads alone.
	leastShared = 4
)

// attempts bounds how often a transaction is run that PostgreSQL refuses for the sake of another.
const attempts = 5

func (s *Store) retry(ctx context.Context, fn func(context.Context, *Tx) error) error {
	for n := 1; ; n++ {
		err := s.once(ctx, fn)
		var e *pq.Error
		if n < attempts && errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01") && ctx.Err() == nil {
			continue
		}
		return err
	}
}

func (s *Store) once(ctx context.Context, fn func(context.Context, *Tx) error) error {
	raw, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	tx := newTx(raw, dialect.Postgres)
	if err := tx.perform(ctx, fn); err != nil {
		return errors.Join(late(ctx, err), ignoreDone(raw.Rollback()))
	}
	if err := raw.Commit(); err != nil {
		return late(ctx, err)
	}
	failpoint.At(failpoint.Committed)
	tx.committed()
	return nil
}

// late says of a transaction that was rolled back at the end of its context that it took too long: database/sql says only that
// it is over.
func late(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
