// Package page is keyset pagination: Relay arguments in, a window over an order out, and a connection from its rows.
// Cursors are authenticated and belong to one list, so that a forged one, or one of another list, is refused.
package page

import (
	"context"
	"slices"

	"karnak/internal/platform/fault"
)

// The page sizes of every list.
const (
	Default = 25
	Max     = 100
)

// Args are the arguments of a connection field.
type Args struct {
	First  *int
	After  *string
	Last   *int
	Before *string
}

// Forward returns the arguments of a list that is paged from its start alone.
func Forward(first *int, after *string) Args { return Args{First: first, After: after} }

// Window is what Args ask for: at most Limit rows between After and Before, counted from the end when Backward.
type Window struct {
	Limit    int
	Backward bool
	After    []any
	Before   []any
}

// Info is where a page stands.
type Info struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// Edge is an entry with its position.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// Connection is a page of a list. What of it is not selected is not made.
type Connection[T any] struct {
	rows           []T
	cursor         func(i int) string
	next, previous bool
	count          func(context.Context) (int, error)
}

// New returns a page of rows, with the position of each, and whether there are rows after and before them. Without count the
// page is the whole list.
func New[T any](rows []T, cursor func(i int) string, next, previous bool, count func(context.Context) (int, error)) *Connection[T] {
	if rows == nil {
		rows = []T{}
	}
	return &Connection[T]{rows, cursor, next, previous, count}
}

// Nodes returns the entries without their positions.
func (c *Connection[T]) Nodes() []T { return c.rows }

// Edges returns the entries with their positions.
func (c *Connection[T]) Edges() []Edge[T] {
	out := make([]Edge[T], len(c.rows))
	for i, r := range c.rows {
		out[i] = Edge[T]{c.cursor(i), r}
	}
	return out
}

// PageInfo returns where the page stands.
func (c *Connection[T]) PageInfo() Info {
	i := Info{HasNextPage: c.next, HasPreviousPage: c.previous}
	if n := len(c.rows); n > 0 {
		start, end := c.cursor(0), c.cursor(n-1)
		i.StartCursor, i.EndCursor = &start, &end
	}
	return i
}

// TotalCount counts the whole list; it runs only when the field is selected.
func (c *Connection[T]) TotalCount(ctx context.Context) (int, error) {
	if c.count == nil {
		return len(c.rows), nil
	}
	return c.count(ctx)
}

// Window checks the arguments and reads their cursors.
func (l *List) Window(a Args) (Window, error) {
	w := Window{Limit: Default}
	if a.First != nil && a.Last != nil {
		return w, fault.New(fault.BadUserInput, "Give first or last, not both.")
	}
	size := a.First
	if a.Last != nil {
		size, w.Backward = a.Last, true
	}
	if size != nil {
		if *size < 1 || *size > Max {
			return w, fault.New(fault.BadUserInput, "A page has 1 to %d entries; %d were asked for.", Max, *size)
		}
		w.Limit = *size
	}
	var err error
	if w.After, err = l.read(a.After); err != nil {
		return w, err
	}
	w.Before, err = l.read(a.Before)
	return w, err
}

// Build makes a page of rows that were read by Order and Limit of a window: one more than wanted when there are more,
// the last one first when it goes backward.
func Build[T any](l *List, w Window, rows []T, count func(context.Context) (int, error)) *Connection[T] {
	more := len(rows) > w.Limit
	if more {
		rows = rows[:w.Limit]
	}
	if w.Backward {
		rows = slices.Clone(rows) // they may be of another answer, too
		slices.Reverse(rows)
	}
	next, previous := more, w.After != nil
	if w.Backward {
		next, previous = w.Before != nil, more
	}
	return New(rows, func(i int) string { return l.Cursor(rows[i]) }, next, previous, count)
}
