package main

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"karnak/internal/platform/id"
)

// writer is SQLite's one writer: what waits for it shares a commit.
type writer struct {
	db                             *sql.DB
	conn                           *sql.Conn
	begin, commit                  *sql.Stmt
	number, insert, advance, event *sql.Stmt
	queue                          chan *post
	done                           sync.WaitGroup
}

type post struct {
	in            input
	id            string
	seq, position int64
	err           chan error
}

// groupSize bounds how many messages share a commit.
const groupSize = 128

func newWriter(ctx context.Context, database string) (*writer, error) {
	db, err := openFile(database, 1)
	if err != nil {
		return nil, err
	}
	w := &writer{db: db, queue: make(chan *post, groupSize)}
	if w.conn, err = db.Conn(ctx); err != nil {
		return nil, err
	}
	err = prepare(ctx, w.conn, map[**sql.Stmt]string{
		&w.begin:   `BEGIN IMMEDIATE`,
		&w.commit:  `COMMIT`,
		&w.number:  `UPDATE channels SET last_seq = last_seq + 1 WHERE id = ? AND workspace_id = ? RETURNING last_seq`,
		&w.insert:  `INSERT INTO messages (id, workspace_id, created_at, channel_id, seq, author_id, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		&w.advance: `UPDATE event_heads SET seq = seq + 1 WHERE id = ? RETURNING seq`,
		&w.event: `INSERT INTO events (id, workspace_id, seq, type, actor_id, object_id, channel_id, occurred_at, recorded_at, source)
VALUES (?, ?, ?, 'chat.message.posted', ?, ?, ?, ?, ?, 'karnak')`,
	})
	w.done.Go(w.loop)
	return w, err
}

func (w *writer) close() error {
	close(w.queue)
	w.done.Wait()
	return errors.Join(w.conn.Close(), w.db.Close())
}

func (w *writer) send(_ context.Context, b []byte, in input) ([]byte, error) {
	p := &post{in: in, id: id.New(id.Message), err: make(chan error, 1)}
	w.queue <- p
	if err := <-p.err; err != nil {
		return nil, err
	}
	return sent(b, p.id, p.seq, p.position), nil
}

func (w *writer) loop() {
	for p := range w.queue {
		group := []*post{p}
		for len(group) < groupSize && len(w.queue) > 0 {
			group = append(group, <-w.queue)
		}
		err := w.write(context.Background(), group)
		for _, p := range group {
			p.err <- err
		}
	}
}

func (w *writer) write(ctx context.Context, group []*post) error {
	if _, err := w.begin.ExecContext(ctx); err != nil {
		return err
	}
	for _, p := range group {
		if err := w.one(ctx, p); err != nil {
			_, e := w.conn.ExecContext(ctx, "ROLLBACK")
			return errors.Join(err, e)
		}
	}
	_, err := w.commit.ExecContext(ctx)
	return err
}

func (w *writer) one(ctx context.Context, p *post) error {
	in, at := p.in, now()
	if err := w.number.QueryRowContext(ctx, in.Channel, in.Workspace).Scan(&p.seq); err != nil {
		return err
	}
	if _, err := w.insert.ExecContext(ctx, p.id, in.Workspace, at, in.Channel, p.seq, in.Author, in.Body); err != nil {
		return err
	}
	if err := w.advance.QueryRowContext(ctx, in.Workspace).Scan(&p.position); err != nil {
		return err
	}
	_, err := w.event.ExecContext(ctx, id.New(id.Event), in.Workspace, p.position, in.Author, p.id, in.Channel, at, at)
	return err
}
