package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// sqlite is the floor on SQLite: prepared statements of some readers, and one writer that commits in groups.
type sqlite struct {
	read                       *sql.DB
	channels, messages, byIDSt *sql.Stmt
	*writer
}

const (
	channelsSQLite = `SELECT id, name FROM channels WHERE workspace_id = ? AND visibility = 'PUBLIC' ORDER BY name, id LIMIT 20`

	// messagesSQLite is run for each channel: within the process that costs less than one statement for all.
	messagesSQLite = `SELECT m.id, m.body, m.created_at, u.id, u.display_name
FROM (SELECT id, body, created_at, author_id, seq FROM messages WHERE workspace_id = ? AND channel_id = ? ORDER BY seq DESC LIMIT 20) m
JOIN users u ON u.id = m.author_id ORDER BY m.seq`

	byIDSQLite = `SELECT m.id, m.body, m.created_at, u.id, u.display_name FROM messages m JOIN users u ON u.id = m.author_id WHERE m.id = ?`
)

const readers = 4

// openFile opens the file as karnak does: a commit waits for the disk.
func openFile(path string, connections int, pragmas ...string) (*sql.DB, error) {
	q := url.Values{"_time_format": {"sqlite"}, "_timezone": {"UTC"}}
	for _, p := range append([]string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

func openSQLite(ctx context.Context, database string) (floor, error) {
	read, err := openFile(database, readers, "query_only(1)", "cache_size(-16000)")
	if err != nil {
		return nil, err
	}
	s := &sqlite{read: read}
	err = prepare(ctx, read, map[**sql.Stmt]string{&s.channels: channelsSQLite, &s.messages: messagesSQLite, &s.byIDSt: byIDSQLite})
	if err != nil {
		return nil, err
	}
	s.writer, err = newWriter(ctx, database)
	return s, err
}

func (s *sqlite) close() error { return errors.Join(s.writer.close(), s.read.Close()) }

func (s *sqlite) nested(ctx context.Context, b []byte, in input) (_ []byte, err error) {
	type channel struct{ id, name string }
	rows, err := s.channels.QueryContext(ctx, in.Workspace)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var channels []channel
	for rows.Next() {
		var c channel
		if err := rows.Scan(&c.id, &c.name); err != nil {
			return nil, err
		}
		channels = append(channels, c)
	}
	l := newList(make([]byte, 0, 128<<10))
	for _, c := range channels {
		if err := s.page(ctx, l, in.Workspace, c.id, c.name); err != nil {
			return nil, err
		}
	}
	return append(b, l.end()...), rows.Err()
}

func (s *sqlite) page(ctx context.Context, l *list, workspaceID, channelID, name string) (err error) {
	rows, err := s.messages.QueryContext(ctx, workspaceID, channelID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	m := raw{}
	into := m.into()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		l.add([]byte(channelID), []byte(name), m.message())
	}
	return rows.Err()
}

func (s *sqlite) byID(ctx context.Context, b []byte, in input) ([]byte, error) {
	var m message
	if err := s.byIDSt.QueryRowContext(ctx, in.ID).Scan(m.into()...); err != nil {
		return nil, err
	}
	return one(b, &m), nil
}
