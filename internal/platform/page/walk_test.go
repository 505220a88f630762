package page_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"karnak/authz"
	"karnak/ent"
	"karnak/ent/entgen"
	"karnak/ent/enttest"
	"karnak/internal/platform/id"
	"karnak/internal/platform/page"
)

const rows = 130

// shape is a list over users with the order it has to have.
type shape struct {
	*page.List
	desc    bool
	compare func(a, b *entgen.User) int
}

func shapes() map[string]shape {
	at, version, name := page.Column{Name: "created_at", Kind: page.Time}, page.Column{Name: "version", Kind: page.Int}, page.Column{Name: "email_key"}
	all := map[string]shape{}
	for direction, desc := range map[string]bool{"up": false, "down": true} {
		all["id "+direction] = shape{
			page.NewList([]byte("s"), "id", desc, func(u *entgen.User) []any { return []any{u.ID} }, page.Column{Name: "id"}), desc,
			func(a, b *entgen.User) int { return cmp.Compare(a.ID, b.ID) },
		}
		all["time, number, text "+direction] = shape{
			page.NewList([]byte("s"), "all", desc, func(u *entgen.User) []any { return []any{u.CreatedAt, u.Version, u.EmailKey} }, at, version, name), desc,
			func(a, b *entgen.User) int {
				return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Version, b.Version), cmp.Compare(a.EmailKey, b.EmailKey))
			},
		}
	}
	return all
}

// TestPagesHoldEveryRowOnce walks lists with many equal values forward and backward, in pages of random sizes.
func TestPagesHoldEveryRowOnce(t *testing.T) {
	t.Parallel()
	const seed = 20261122
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		r := rand.New(rand.NewPCG(seed, 1))
		all := fill(t, db, r)
		for name, s := range shapes() {
			want := slices.SortedFunc(slices.Values(all), s.compare)
			if s.desc {
				slices.Reverse(want)
			}
			for range 4 {
				check(t, name+" forward", s.walk(t, db, r, false), want)
				check(t, name+" backward", s.walk(t, db, r, true), want)
			}
			s.between(t, db, want, 17, 88)
		}
	})
}

// TestPagesAreStableUnderInserts adds rows on both sides of where a walk stands.
func TestPagesAreStableUnderInserts(t *testing.T) {
	t.Parallel()
	enttest.Each(t, func(t *testing.T, db *ent.DB) {
		r := rand.New(rand.NewPCG(7, 7))
		all := fill(t, db, r)
		for name, s := range shapes() {
			seen, after := map[string]int{}, (*string)(nil)
			for {
				c := s.read(t, db, page.Args{First: new(11), After: after})
				for _, u := range c.Nodes() {
					seen[u.ID]++
				}
				if !c.PageInfo().HasNextPage {
					break
				}
				after = c.PageInfo().EndCursor
				if len(seen) < rows {
					add(t, db, r)
				}
			}
			for _, u := range all {
				if seen[u.ID] != 1 {
					t.Errorf("%s: a row was seen %d times", name, seen[u.ID])
				}
			}
			for k, n := range seen {
				if n != 1 {
					t.Errorf("%s: %s was seen %d times", name, k, n)
				}
			}
		}
	})
}

func (s shape) read(t *testing.T, db *ent.DB, a page.Args) *page.Connection[*entgen.User] {
	t.Helper()
	w, err := s.Window(a)
	if err != nil {
		t.Fatal(err)
	}
	found, err := db.Client().User.Query().Where(s.Where(w)).Order(s.Order(w)).Limit(w.Limit + 1).All(authz.System(t.Context(), "test"))
	if err != nil {
		t.Fatal(err)
	}
	return page.Build(s.List, w, found, nil)
}

// walk reads the whole list from one end to the other and returns it in order.
func (s shape) walk(t *testing.T, db *ent.DB, r *rand.Rand, backward bool) (got []*entgen.User) {
	t.Helper()
	var cursor *string
	for turn := 0; ; turn++ {
		size := 1 + r.IntN(page.Max)
		if turn == 0 {
			size = 1 + r.IntN(rows/2)
		}
		a := page.Args{First: &size, After: cursor}
		if backward {
			a = page.Args{Last: &size, Before: cursor}
		}
		c := s.read(t, db, a)
		more, passed := c.PageInfo().HasNextPage, c.PageInfo().HasPreviousPage
		cursor = c.PageInfo().EndCursor
		if backward {
			got = append(c.Nodes(), got...)
			more, passed, cursor = passed, more, c.PageInfo().StartCursor
		} else {
			got = append(got, c.Nodes()...)
		}
		if passed != (turn > 0) || more != (len(got) < rows) || (more && len(c.Edges()) != size) || cursor == nil {
			t.Fatalf("turn %d, size %d: %d rows so far, %+v", turn, size, len(got), c.PageInfo())
		}
		if !more {
			return got
		}
	}
}

// between reads what lies between two rows.
func (s shape) between(t *testing.T, db *ent.DB, want []*entgen.User, low, high int) {
	t.Helper()
	after, before := s.Cursor(want[low]), s.Cursor(want[high])
	check(t, "between", s.read(t, db, page.Args{First: new(100), After: &after, Before: &before}).Nodes(), want[low+1:high])
	check(t, "the last between", s.read(t, db, page.Args{Last: new(5), After: &after, Before: &before}).Nodes(), want[high-5:high])
	check(t, "between turned round", s.read(t, db, page.Args{After: &before, Before: &after}).Nodes(), nil)
}

func check(t *testing.T, name string, got, want []*entgen.User) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b *entgen.User) bool { return a.ID == b.ID }) {
		t.Errorf("%s: %d rows, not the %d wanted in their order", name, len(got), len(want))
	}
}

func fill(t *testing.T, db *ent.DB, r *rand.Rand) (all []*entgen.User) {
	t.Helper()
	for range rows {
		all = append(all, add(t, db, r))
	}
	return all
}

// add writes a row whose time and number many others have, too.
func add(t *testing.T, db *ent.DB, r *rand.Rand) (u *entgen.User) {
	t.Helper()
	ctx := authz.System(t.Context(), "test")
	key := fmt.Sprintf("%s-%x", strings.Repeat("a", r.IntN(3)), r.Uint64())
	at := time.Date(2026, 11, 22, 9, 30, r.IntN(3), r.IntN(2)*100_000_000+r.IntN(2)*1000, time.UTC)
	err := db.InTx(ctx, func(txCtx context.Context, tx *ent.Tx) (err error) {
		u, err = tx.User.Create().SetID(id.New(id.User)).SetEmail(key).SetEmailKey(key).SetDisplayName("x").SetPasswordHash("none").
			SetVersion(r.IntN(3)).SetCreatedAt(at).Save(txCtx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}
