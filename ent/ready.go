package ent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"karnak/authz"
	"karnak/ent/entgen"
	"karnak/ent/rule"
)

// Ready is a query for one key whose text is kept. The builder writes it, privacy rules and all, for an actor of marked
// workspaces; where the marks come out, the real ones are put in each time. So there is one source of what an actor may see,
// and a hot look-up does not pay for the builder.
type Ready struct {
	db    *DB
	build func(ctx context.Context, c *entgen.Client, key string) error
	// texts are by the number of workspaces; everywhere stands for who is bound to none.
	texts sync.Map
}

// NewReady returns a query. build runs it once, on a client that answers nothing.
func NewReady(db *DB, build func(ctx context.Context, c *entgen.Client, key string) error) *Ready {
	return &Ready{db: db, build: build}
}

const (
	everywhere = -1
	// mostKept bounds the texts: who is in more workspaces has one made each time.
	mostKept = 64
)

// Query runs the query for a key, for the actor of the context; nobody is refused. The caller closes the rows.
func (r *Ready) Query(ctx context.Context, key string, rows *sql.Rows) error {
	a := authz.ActorOf(ctx)
	if a == nil {
		return errors.New("ent: a query without an actor")
	}
	n := everywhere
	if !a.Everywhere() {
		n = len(a.Workspaces)
	}
	t, err := r.text(n)
	if err != nil {
		return err
	}
	return r.db.Seek(ctx, t.query, t.fill(key, a), rows)
}

func (r *Ready) text(n int) (*text, error) {
	if t, ok := r.texts.Load(n); ok {
		return t.(*text), nil
	}
	t, err := r.write(n)
	if err == nil && n <= mostKept {
		r.texts.Store(n, t)
	}
	return t, err
}

// write has the builder make the text for an actor of n workspaces. Nothing of a caller's context is in it: the text is kept
// for others.
func (r *Ready) write(n int) (*text, error) {
	marks := make([]string, max(n, 0))
	for i := range marks {
		marks[i] = workspaceMark + strconv.Itoa(i)
	}
	scribe := &scribe{name: r.db.Dialect()}
	ctx := authz.WithActor(rule.ByKey(context.Background()), authz.NewActor(userMark, "", n == everywhere, marks))
	err := r.build(ctx, entgen.NewClient(entgen.Driver(scribe)), keyMark)
	if !errors.Is(err, errWritten) {
		return nil, fmt.Errorf("ent: a ready query that is not one statement: %w", err)
	}
	t := &text{query: scribe.query, args: make([]slot, len(scribe.args))}
	for i, arg := range scribe.args {
		mark, _ := arg.(string)
		switch at := slices.Index(marks, mark); {
		case mark == keyMark:
			t.args[i].kind = ofKey
		case mark == userMark:
			t.args[i].kind = ofUser
		case at >= 0:
			t.args[i] = slot{kind: ofWorkspace, at: at}
		default:
			t.args[i] = slot{kind: fixed, value: arg}
		}
	}
	return t, nil
}

const (
	keyMark       = "\x00key"
	userMark      = "\x00user"
	workspaceMark = "\x00workspace"
)

// text is a statement with places for what differs from call to call.
type text struct {
	query string
	args  []slot
}

type slot struct {
	kind  slotKind
	at    int
	value any
}

type slotKind int

const (
	fixed slotKind = iota
	ofKey
	ofUser
	ofWorkspace
)

func (t *text) fill(key string, a *authz.Actor) []any {
	args := make([]any, len(t.args))
	for i, s := range t.args {
		switch s.kind {
		case ofKey:
			args[i] = key
		case ofUser:
			args[i] = a.UserID
		case ofWorkspace:
			args[i] = a.Workspaces[s.at]
		default:
			args[i] = s.value
		}
	}
	return args
}

// scribe is a driver that writes down the one statement it is given.
type scribe struct {
	name  string
	query string
	args  []any
}

var errWritten = errors.New("written down")

// Query keeps the statement.
func (s *scribe) Query(_ context.Context, query string, args, _ any) error {
	if s.query != "" {
		return errors.New("a second statement")
	}
	s.query, s.args = query, args.([]any)
	return errWritten
}

// Exec is no look-up.
func (s *scribe) Exec(context.Context, string, any, any) error { return errors.ErrUnsupported }

// Tx is no look-up.
func (s *scribe) Tx(context.Context) (dialect.Tx, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (s *scribe) Close() error { return nil }

// Dialect is that of the database.
func (s *scribe) Dialect() string { return s.name }
