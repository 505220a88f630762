package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"karnak/authz"
	"karnak/ent/migrate"
	"karnak/internal/platform/config"
	"karnak/internal/platform/job"
	"karnak/internal/platform/store"
)

// openStore opens the database and brings it to the newest schema.
func openStore(ctx context.Context, cfg *config.Config) (*store.Store, error) {
	if cfg.Postgres() {
		return openPostgres(ctx, cfg)
	}
	if err := makeFolder(cfg); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, store.Config{Path: cfg.SQLitePath(), Readers: cfg.SQLiteReaders})
	if err != nil {
		return nil, err
	}
	if err := migrateAll(ctx, s); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func makeFolder(cfg *config.Config) error {
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("KARNAK_DATA_DIR: %w", err)
	}
	return nil
}

// migrateAll brings our tables to the newest schema, and then those of the job queue.
func migrateAll(ctx context.Context, s *store.Store) error {
	if _, err := migrate.Run(ctx, migrate.Config{DB: s.DB(), Dialect: s.Dialect()}); err != nil {
		return err
	}
	return job.Migrate(ctx, s.DB(), s.Dialect())
}

// appRole is the role that a superuser's connections take on, so that row-level security binds them.
const appRole = "karnak_app"

func openPostgres(ctx context.Context, cfg *config.Config) (*store.Store, error) {
	bypasses, err := migratePostgres(ctx, cfg.DatabaseURL.Reveal())
	if err != nil {
		return nil, err
	}
	c := store.Config{URL: cfg.DatabaseURL.Reveal(), Pool: cfg.PostgresPool, Scope: authz.ScopeOf}
	if bypasses && cfg.RLS {
		c.Role = appRole
	}
	if !cfg.RLS {
		// The policies stay in the database: each connection says once that it sees everything.
		c.Scope = func(context.Context) string { return authz.AllWorkspaces }
	}
	return store.Open(ctx, c)
}

// migratePostgres migrates under the role that signs in, and tells whether that role is past row-level security.
func migratePostgres(ctx context.Context, url string) (bypasses bool, err error) {
	s, err := store.Open(ctx, store.Config{URL: url, Pool: 2})
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := migrateAll(ctx, s); err != nil {
		return false, err
	}
	return bypasses, past(ctx, s.DB(), &bypasses)
}

func past(ctx context.Context, db *sql.DB, bypasses *bool) error {
	return db.QueryRowContext(ctx, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(bypasses)
}
