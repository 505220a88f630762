package page_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/fault"
	"karnak/internal/platform/page"
)

type row struct {
	name string
	seq  int
	at   time.Time
}

func list(secret, name string) *page.List {
	return page.NewList([]byte(secret), name, false, func(r row) []any { return []any{r.name, r.seq, r.at} },
		page.Column{Name: "name"}, page.Column{Name: "seq", Kind: page.Int}, page.Column{Name: "at", Kind: page.Time})
}

func TestWindowSizes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name        string
		first, last *int
		limit       int // 0 for a refusal
		backward    bool
	}{
		{"the default", nil, nil, page.Default, false},
		{"one", new(1), nil, 1, false},
		{"the most", new(page.Max), nil, page.Max, false},
		{"the last", nil, new(7), 7, true},
		{"the last of the most", nil, new(page.Max), page.Max, true},
		{"none", new(0), nil, 0, false},
		{"less than none", new(-1), nil, 0, false},
		{"over the most", new(page.Max + 1), nil, 0, false},
		{"the largest number", new(1<<31 - 1), nil, 0, false},
		{"none of the last", nil, new(0), 0, false},
		{"less than none of the last", nil, new(-1), 0, false},
		{"too many of the last", nil, new(page.Max + 1), 0, false},
		{"first with last", new(1), new(1), 0, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, err := list("secret", "rows").Window(page.Args{First: c.first, Last: c.last})
			if c.limit == 0 {
				if fault.CodeOf(err) != fault.BadUserInput {
					t.Errorf("%+v, %v", w, err)
				}
				return
			}
			if err != nil || w.Limit != c.limit || w.Backward != c.backward || w.After != nil || w.Before != nil {
				t.Errorf("%+v, %v", w, err)
			}
		})
	}
}

func TestCursorHoldsWhatItWasMadeOf(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 9, 30, 0, 123456000, time.FixedZone("", 3600))
	l := list("secret", "rows")
	for _, r := range []row{{"", 0, time.Time{}}, {"plain", 1, at}, {"'\";$1\x00<svg>\u202e👩‍👩‍👧", -1 << 62, at}, {strings.Repeat("x", 10_000), 1<<62 + 1, at}} {
		c := l.Cursor(r)
		w, err := l.Window(page.Args{After: &c, Before: &c})
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range [][]any{w.After, w.Before} {
			if len(got) != 3 || got[0] != r.name || got[1] != int64(r.seq) || got[2] != r.at.UTC() {
				t.Errorf("%.60v is read as %.200v", r, got)
			}
		}
	}
}

func TestCursorsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	r := row{"plain", 1, time.Unix(1, 0)}
	l := list("secret", "rows")
	good := l.Cursor(r)
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{
		"empty": "", "not base64": "?", "short": good[:8], "only the tag": base64.RawURLEncoding.EncodeToString(raw[:10]),
		"without its tag": base64.RawURLEncoding.EncodeToString(raw[10:]), "with more after it": good + "AAAA", "doubled": good + good,
		"of another list":   list("secret", "others").Cursor(r),
		"of another secret": list("another", "rows").Cursor(r),
		"of a longer name":  list("secret", "rows\x00").Cursor(r),
		"of fewer columns":  page.NewList([]byte("secret"), "rows", false, func(r row) []any { return []any{r.name} }, page.Column{Name: "name"}).Cursor(r),
		"of other kinds": page.NewList([]byte("secret"), "rows", false, func(r row) []any { return []any{r.seq, r.name, r.at} },
			page.Column{Name: "a"}, page.Column{Name: "b"}, page.Column{Name: "c"}).Cursor(r),
	}
	for i := range raw {
		turned := append([]byte{}, raw...)
		turned[i] ^= 1
		bad["with a bit turned at "+string(rune('a'+i))] = base64.RawURLEncoding.EncodeToString(turned)
	}
	for name, c := range bad {
		for _, a := range []page.Args{{After: &c}, {Before: &c}, {After: &good, Before: &c}} {
			if w, err := l.Window(a); fault.CodeOf(err) != fault.BadUserInput || strings.Contains(err.Error(), "json") {
				t.Errorf("%s: %+v, %v", name, w, err)
			}
		}
	}
}

func TestTotalCount(t *testing.T) {
	t.Parallel()
	l, rows := list("secret", "rows"), []row{{name: "a"}, {name: "b"}}
	w := page.Window{Limit: 2}
	if n, err := page.Build(l, w, rows, nil).TotalCount(t.Context()); n != 2 || err != nil {
		t.Errorf("without a count: %d, %v", n, err)
	}
	counted, meant := 0, errors.New("meant")
	c := page.Build(l, w, rows, func(context.Context) (int, error) { counted++; return 9, meant })
	if counted != 0 {
		t.Error("counted though nobody asked")
	}
	if n, err := c.TotalCount(t.Context()); n != 9 || !errors.Is(err, meant) || counted != 1 {
		t.Errorf("%d, %v after %d counts", n, err, counted)
	}
	empty := page.Build(l, w, []row(nil), nil)
	if empty.Nodes() == nil || len(empty.Edges()) != 0 || empty.PageInfo() != (page.Info{}) {
		t.Errorf("%+v", empty)
	}
}
