package store

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lib/pq"
)

// readPool are the connections of PostgreSQL that reads outside transactions take while there are some. They speak through
// pgx, which sends the scope and the question in one go, and which reads values without their text. What cannot be read here
// is read through lib/pq, which also says what is wrong.
type readPool struct {
	pool  *pgxpool.Pool
	scope func(context.Context) string
	// free has a place for each connection that is in use.
	free chan struct{}
}

func openReads(ctx context.Context, c Config, u url.URL, size int) (*readPool, error) {
	cfg, err := pgxpool.ParseConfig(u.String())
	if err != nil {
		return nil, errors.New("the database URL cannot be used: check its parameters")
	}
	cfg.MaxConns, cfg.MinConns = int32(size), 0
	cfg.ConnConfig.ConnectTimeout = connectWithin
	cfg.ConnConfig.StatementCacheCapacity = statementsKept
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		utc := &pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}}
		conn.TypeMap().RegisterType(utc)
		if c.Role == "" {
			return nil
		}
		_, err := conn.Exec(ctx, "SET ROLE "+pgx.Identifier{c.Role}.Sanitize())
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &readPool{pool: pool, scope: c.Scope, free: make(chan struct{}, size)}, nil
}

// encrypted returns a URL that says of TLS what lib/pq has made of it and of the environment: by itself pgx would do without
// where lib/pq insists.
func encrypted(u url.URL, said pq.Config) url.URL {
	q := u.Query()
	q.Set("sslmode", string(cmp.Or(said.SSLMode, pq.SSLModeRequire)))
	u.RawQuery = q.Encode()
	return u
}

// close closes the connections, and waits a little for who still reads: a row that nobody reads any more must not keep the
// process.
func (p *readPool) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	go func() {
		defer cancel()
		p.pool.Close()
	}()
	<-ctx.Done()
}

const closeWithin = 5 * time.Second

// take returns a connection that nobody uses; nil where there is none, or none can be made.
func (p *readPool) take(ctx context.Context) *readConn {
	select {
	case p.free <- struct{}{}:
	default:
		return nil
	}
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		<-p.free
		return nil
	}
	return &readConn{p, conn}
}

// readConn is a connection in use.
type readConn struct {
	*readPool
	conn *pgxpool.Conn
}

// release gives the connection back; the pool ends one that is broken.
func (c *readConn) release() {
	c.conn.Release()
	<-c.free
}

// toldKey is where a connection keeps the scope that it was told last.
const toldKey = "scope"

// query asks under the scope of the context. It is done with the first row: a statement that fails, fails here.
func (c *readConn) query(ctx context.Context, query string, args []any) (*readRows, error) {
	r := &readRows{}
	told := c.conn.Conn().PgConn().CustomData()
	var err error
	if scope := c.wanted(ctx); scope == told[toldKey] {
		r.Rows, err = c.conn.Query(ctx, query, args...)
	} else {
		delete(told, toldKey)
		b := &pgx.Batch{}
		b.Queue(setScope, scope)
		b.Queue(query, args...)
		r.batch = c.conn.SendBatch(ctx, b)
		if _, err = r.batch.Exec(); err == nil {
			r.Rows, err = r.batch.Query()
		}
		defer func() {
			if err == nil {
				told[toldKey] = scope
			}
		}()
	}
	if err == nil {
		r.ahead = r.Rows.Next()
		err = r.Rows.Err()
	}
	if err != nil {
		delete(told, toldKey)
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// wanted is nil where there is no row-level security.
func (c *readConn) wanted(ctx context.Context) any {
	if c.scope == nil {
		return nil
	}
	return c.scope(ctx)
}
