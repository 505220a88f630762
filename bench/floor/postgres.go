package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"time"

	_ "github.com/lib/pq" // registers the driver "postgres"

	"karnak/internal/platform/id"
)

// postgres is the floor on PostgreSQL: one prepared statement for each request.
type postgres struct {
	db                      *sql.DB
	nestedSt, byIDSt, posts *sql.Stmt
}

const (
	nestedPostgres = `SELECT c.id, c.name, m.id, m.body, m.created_at, u.id, u.display_name
FROM (SELECT id, name FROM channels WHERE workspace_id = $1 AND visibility = 'PUBLIC' ORDER BY name, id LIMIT 20) c
CROSS JOIN LATERAL (SELECT id, body, created_at, author_id, seq FROM messages WHERE workspace_id = $1 AND channel_id = c.id ORDER BY seq DESC LIMIT 20) m
JOIN users u ON u.id = m.author_id ORDER BY c.name, c.id, m.seq`

	byIDPostgres = `SELECT m.id, m.body, m.created_at, u.id, u.display_name FROM messages m JOIN users u ON u.id = m.author_id WHERE m.id = $1`

	// sendPostgres numbers and writes message and event in one statement, which is one transaction.
	sendPostgres = `WITH c AS (UPDATE channels SET last_seq = last_seq + 1 WHERE id = $1 AND workspace_id = $2 RETURNING last_seq),
m AS (INSERT INTO messages (id, workspace_id, created_at, channel_id, seq, author_id, body) SELECT $3, $2, $4, $1, c.last_seq, $5, $6 FROM c RETURNING seq),
h AS (UPDATE event_heads SET seq = seq + 1 WHERE id = $2 RETURNING seq)
INSERT INTO events (id, workspace_id, seq, type, actor_id, object_id, channel_id, occurred_at, recorded_at, source)
SELECT $7, $2, h.seq, 'chat.message.posted', $5, $3, $1, $4, $4, 'karnak' FROM h, m RETURNING seq, (SELECT seq FROM m)`
)

const connections = 20

func openPostgres(ctx context.Context, database string) (floor, error) {
	u, err := url.Parse(database)
	if err != nil {
		return nil, errors.New("the database URL cannot be read")
	}
	q := u.Query()
	q.Set("plan_cache_mode", "force_generic_plan")
	u.RawQuery = q.Encode()
	db, err := sql.Open("postgres", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	p := &postgres{db: db}
	return p, prepare(ctx, db, map[**sql.Stmt]string{&p.nestedSt: nestedPostgres, &p.byIDSt: byIDPostgres, &p.posts: sendPostgres})
}

func (p *postgres) close() error { return p.db.Close() }

func (p *postgres) nested(ctx context.Context, b []byte, in input) (_ []byte, err error) {
	rows, err := p.nestedSt.QueryContext(ctx, in.Workspace)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var channelID, name sql.RawBytes
	m := raw{}
	into := append([]any{&channelID, &name}, m.into()...)
	l := newList(make([]byte, 0, 128<<10))
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		l.add(channelID, name, m.message())
	}
	return append(b, l.end()...), rows.Err()
}

// raw reads a row without copying its texts.
type raw struct {
	id, body, author, name sql.RawBytes
	m                      message
}

func (r *raw) into() []any { return []any{&r.id, &r.body, &r.m.at, &r.author, &r.name} }

func (r *raw) message() *message {
	r.m.id, r.m.body, r.m.author, r.m.name = r.id, r.body, r.author, r.name
	return &r.m
}

func (p *postgres) byID(ctx context.Context, b []byte, in input) ([]byte, error) {
	var m message
	if err := p.byIDSt.QueryRowContext(ctx, in.ID).Scan(m.into()...); err != nil {
		return nil, err
	}
	return one(b, &m), nil
}

func (p *postgres) send(ctx context.Context, b []byte, in input) ([]byte, error) {
	messageID := id.New(id.Message)
	var position, seq int64
	err := p.posts.QueryRowContext(ctx, in.Channel, in.Workspace, messageID, now(), in.Author, in.Body, id.New(id.Event)).Scan(&position, &seq)
	if err != nil {
		return nil, err
	}
	return sent(b, messageID, seq, position), nil
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
