package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"karnak/test/crash/ledger"
	"karnak/test/crash/rig"
)

const showLog = `query($w: ID!, $after: Cursor) { workspace(id: $w) { activity(first: 100, after: $after) {
 nodes { id seq cursor type clientMutationId } pageInfo { hasNextPage endCursor } } } }`

// shown reads the log of a place from its newest event back to the base, as the API shows it.
func shown(ctx context.Context, api *rig.API, w rig.Workspace) (out []ledger.Event, err error) {
	var after *string
	for {
		var answer struct {
			Workspace struct {
				Activity struct {
					Nodes []struct {
						ID               string
						Seq              int64 `json:",string"`
						Cursor           string
						Type             string
						ClientMutationID string
					}
					PageInfo struct {
						HasNextPage bool
						EndCursor   string
					}
				}
			}
		}
		call := rig.Call{Token: w.People[0].Token, Query: showLog, Vars: map[string]any{"w": w.ID, "after": after}}
		if err := api.Do(ctx, call, &answer); err != nil {
			return nil, fmt.Errorf("read the log back: %w", err)
		}
		page := answer.Workspace.Activity
		for _, e := range page.Nodes {
			if e.Seq <= w.Base {
				return reversed(out), nil
			}
			out = append(out, ledger.Event{Workspace: w.ID, Seq: e.Seq, ID: e.ID, Type: e.Type, Mutation: e.ClientMutationID, Cursor: e.Cursor})
		}
		if !page.PageInfo.HasNextPage {
			return reversed(out), nil
		}
		after = &page.PageInfo.EndCursor
	}
}

func reversed(list []ledger.Event) []ledger.Event {
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// written reads what is in the database.
func written(ctx context.Context, db *sql.DB, l *ledger.Ledgers) error {
	return errors.Join(
		rows(ctx, db, `SELECT workspace_id, seq, id, type, COALESCE(client_mutation_id, ''), COALESCE(object_id, ''), COALESCE(channel_id, '') FROM events`,
			func(e *ledger.Event) []any {
				return []any{&e.Workspace, &e.Seq, &e.ID, &e.Type, &e.Mutation, &e.Object, &e.Channel}
			}, &l.Events),
		rows(ctx, db, `SELECT id, workspace_id, channel_id, seq, author_id, body, deleted_at IS NOT NULL FROM messages`,
			func(m *ledger.Message) []any {
				return []any{&m.ID, &m.Workspace, &m.Channel, &m.Seq, &m.Author, &m.Body, &m.Deleted}
			}, &l.Messages),
		rows(ctx, db, `SELECT id, seq FROM event_heads`, last, &l.Heads),
		rows(ctx, db, `SELECT id, last_seq FROM channels`, last, &l.Channels),
	)
}

func last(x *ledger.Last) []any { return []any{&x.ID, &x.Seq} }

func rows[T any](ctx context.Context, db *sql.DB, query string, fields func(*T) []any, into *[]T) (err error) {
	found, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		var x T
		if err := found.Scan(fields(&x)...); err != nil {
			return err
		}
		*into = append(*into, x)
	}
	return found.Err()
}
