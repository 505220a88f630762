package stream

import (
	"context"
	"errors"
	"time"

	"karnak/internal/core/eventlog"
	"karnak/internal/platform/fault"
)

// Spec says what a reader reads.
type Spec struct {
	WorkspaceID string
	// After is the cursor to begin after; nil for what comes next.
	After *string
	// Filter returns which events are wanted; it is asked again after every check of Allow.
	Filter func() eventlog.Filter
	// Own returns whom the reader reads for: access events about nobody but another leave them as they are. Empty where that
	// is not known.
	Own string
	// Access gives out access events, too, whether they are wanted or not: for who reads on behalf of several readers.
	Access bool
	// Allow says whether the reader may read on, and until when that holds; the zero time for no end. Its error ends the
	// reader. It has to look at what is committed, not at a cache that may be behind.
	Allow func(context.Context) (until time.Time, err error)
}

// Item is an event, or a gap where events are no longer kept.
type Item struct {
	Event *eventlog.Event
	Gap   *Gap
	// Unwanted events are given out as access events alone.
	Unwanted bool
}

func (i Item) none() bool { return i.Event == nil && i.Gap == nil }

// Gap tells which numbers are missing. Cursor is the position after it.
type Gap struct {
	WorkspaceID string
	From, To    int64
	Cursor      string
	At          time.Time
}

// ErrClosed ends readers when the node shuts down.
var ErrClosed = errors.New("the node is shutting down")

// Reader reads one log from a position on. It is for one goroutine.
type Reader struct {
	hub     *Hub
	spec    Spec
	topic   *topic
	counted bool
	pos     int64
	scanned int64 // everything up to here is in pending or unwanted
	pending []*eventlog.Event
	filter  eventlog.Filter
	until   time.Time
	ended   error
}

// Read opens a reader. Cursors that are forged, ahead or of another log are BAD_USER_INPUT, one too old is
// CURSOR_EXPIRED, one of before a restore CURSOR_RESET. Where there is no room for it, what Room says. Close it.
func (h *Hub) Read(ctx context.Context, s Spec) (*Reader, error) {
	r := &Reader{hub: h, spec: s}
	if err := r.check(ctx); err != nil {
		return nil, err
	}
	t, err := h.acquire(ctx, s.WorkspaceID)
	if err != nil {
		return nil, err
	}
	r.topic = t
	if err = h.room(ctx, r); err == nil {
		err = r.begin(ctx)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Reader) begin(ctx context.Context) error {
	head, err := r.hub.Log.Head(ctx, r.spec.WorkspaceID)
	if err != nil {
		return err
	}
	r.pos = head.Seq
	if r.spec.After != nil {
		if r.pos, err = r.hub.Log.Position(r.spec.WorkspaceID, *r.spec.After, head.Seq); err != nil {
			return err
		}
		if r.pos < head.Floor {
			return fault.New(fault.CursorExpired, "Events after this cursor are no longer kept: fetch what you show again and go on from a new cursor.")
		}
	}
	r.scanned = r.pos
	return nil
}

// Close gives the reader's place back.
func (r *Reader) Close() {
	if r.topic != nil {
		r.hub.release(r.spec.WorkspaceID, r.topic, r.counted)
		r.topic = nil
	}
}

// check asks whether the reader may go on.
func (r *Reader) check(ctx context.Context) error {
	until, err := r.spec.Allow(ctx)
	if err != nil {
		r.ended = err
		return err
	}
	r.until, r.filter = until, r.spec.Filter()
	return nil
}

// Next waits for the next event that is wanted. It fails with the context, with what Allow says, and with ErrClosed. What
// Allow said stays.
func (r *Reader) Next(ctx context.Context) (Item, error) {
	for {
		item, err := r.Await(ctx, nil)
		if err != nil || !item.none() {
			return item, err
		}
	}
}

// Await is Next for who waits for something else, too: it may return an empty item, and does when other is closed.
func (r *Reader) Await(ctx context.Context, other <-chan struct{}) (Item, error) {
	item, changed, err := r.look(ctx)
	if err != nil || !item.none() {
		return item, err
	}
	return Item{}, r.wait(ctx, changed, other)
}

// Behind says that the log goes further than the reader was given: its end is read from the database.
func (r *Reader) Behind() { r.topic.wake() }

// Poll is Next for what is there already; ok is false where Next would wait.
func (r *Reader) Poll(ctx context.Context) (item Item, ok bool, err error) {
	item, _, err = r.look(ctx)
	return item, !item.none(), err
}

// look returns the next event that is wanted, or what tells that the log grew.
func (r *Reader) look(ctx context.Context) (Item, <-chan struct{}, error) {
	for {
		if r.ended != nil {
			return Item{}, nil, r.ended
		}
		if err := r.due(ctx); err != nil {
			return Item{}, nil, err
		}
		item, changed, err := r.step(ctx)
		if err != nil || changed != nil || !item.none() {
			return item, changed, err
		}
	}
}

func (r *Reader) due(ctx context.Context) error {
	if !r.until.IsZero() && !r.hub.Clock.Now().Before(r.until) {
		return r.check(ctx)
	}
	return ctx.Err()
}

// step moves on by an event or a page of the database; where there is neither it returns what tells that the log grew.
func (r *Reader) step(ctx context.Context) (item Item, changed <-chan struct{}, err error) {
	if len(r.pending) > 0 {
		e := r.pending[0]
		r.pending = r.pending[1:]
		item, err = r.pass(ctx, e)
		return item, nil, err
	}
	e, last, changed := r.topic.since(r.scanned)
	switch {
	case e != nil:
		r.scanned = e.Seq
		item, err = r.pass(ctx, e)
	case r.scanned < last:
		item, err = r.page(ctx, last)
	default:
		return Item{}, changed, nil
	}
	return item, nil, err
}

// pass lets an event through when it is wanted and may still be seen.
func (r *Reader) pass(ctx context.Context, e *eventlog.Event) (Item, error) {
	r.pos = e.Seq
	if r.hub.Concerns(e, r.spec.Own) {
		if err := r.check(ctx); err != nil {
			return Item{}, err
		}
	}
	wanted := r.hub.Log.Match(r.filter, e)
	if !wanted && (!r.spec.Access || !r.hub.Log.TypeOf(e.Type).Access) {
		return Item{}, nil
	}
	return Item{Event: e, Unwanted: !wanted}, nil
}

// Settled returns the number up to which everything was given out or is not wanted, and whether the reader may be left alone
// from there on until an access event that concerns it: then its right has no end of its own.
func (r *Reader) Settled() (seq int64, ok bool) {
	return r.scanned, r.ended == nil && len(r.pending) == 0 && r.until.IsZero()
}

// Latest returns the number of the newest event that this node knows of.
func (r *Reader) Latest() int64 {
	_, last, _ := r.topic.since(1 << 62)
	return last
}

// Skip goes on behind a number that others have read for the reader.
func (r *Reader) Skip(seq int64) {
	if seq > r.scanned {
		r.scanned, r.pos, r.pending = seq, seq, nil
	}
}

// Concerns reports whether an event may change what somebody may read: it is an access event, and not about another alone.
func (h *Hub) Concerns(e *eventlog.Event, userID string) bool {
	t := h.Log.TypeOf(e.Type)
	return t.Access && (!t.Personal || userID == "" || e.SubjectID == "" || e.SubjectID == userID)
}

const readPage = 200

// page reads the database from where memory does not reach, up to last.
func (r *Reader) page(ctx context.Context, last int64) (Item, error) {
	f := r.filter
	f.Access = true
	events, err := r.hub.Log.After(ctx, r.spec.WorkspaceID, r.scanned, last, f, readPage)
	if err != nil {
		return Item{}, err
	}
	// The floor is looked at last: what is trimmed while the page is read shows in it.
	head, err := r.hub.Log.Head(ctx, r.spec.WorkspaceID)
	if err != nil {
		return Item{}, err
	}
	if r.scanned < head.Floor {
		return r.gap(ctx, head.Floor)
	}
	r.pending = events
	r.scanned = last
	if len(events) == readPage {
		r.scanned = events[readPage-1].Seq
	}
	return Item{}, nil
}

// gap skips what is no longer kept. What was skipped may have changed who may read.
func (r *Reader) gap(ctx context.Context, floor int64) (Item, error) {
	g := &Gap{WorkspaceID: r.spec.WorkspaceID, From: r.scanned + 1, To: floor, At: r.hub.Clock.Now(), Cursor: r.hub.Log.Cursor(r.spec.WorkspaceID, floor)}
	r.scanned, r.pos = floor, floor
	return Item{Gap: g}, r.check(ctx)
}

func (r *Reader) wait(ctx context.Context, changed, other <-chan struct{}) error {
	var timer <-chan time.Time
	if !r.until.IsZero() {
		timer = r.hub.Clock.After(r.until.Sub(r.hub.Clock.Now()))
	}
	select {
	case <-changed:
		return nil
	case <-other:
		return nil
	case <-timer:
		return r.check(ctx)
	case <-ctx.Done():
		return ctx.Err()
	case <-r.hub.closed:
		return ErrClosed
	}
}
