package authz_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// The principals of the tables, in the order of their columns.
const (
	anonymous  = "anonymous"
	user       = "user"
	pro        = "pro"
	moderator  = "moderator"
	admin      = "admin"
	superAdmin = "superAdmin"
	expired    = "expired"
	foreign    = "foreign"
)

func principals() []string {
	return []string{anonymous, user, pro, moderator, admin, superAdmin, expired, foreign}
}

// row is one line of a table: what each principal is to get.
type row struct {
	// name is the coordinate, with @variant where it is asked under other circumstances.
	name, coordinate, variant string
	// on and field are the two halves of the coordinate.
	on, field string
	where     string
	want      map[string]string
}

// group is the key of what rows have in common: the way to the object that has the field.
func (r row) group() string {
	if r.variant == "" {
		return r.on
	}
	return r.on + "@" + r.variant
}

// readTable reads a table: lines of a name and one word for each principal; # begins a comment.
func readTable(t *testing.T, path string) []row {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var rows []row
	lines, header := bufio.NewScanner(f), true
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		where := fmt.Sprintf("%s:%d", path, n)
		if len(words) != 1+len(principals()) {
			t.Fatalf("%s has %d words; a name and one for each of %v are wanted", where, len(words), principals())
		}
		if header {
			if header = false; !slices.Equal(words[1:], principals()) {
				t.Fatalf("%s has the columns %v; %v are wanted", where, words[1:], principals())
			}
			continue
		}
		rows = append(rows, newRow(where, words))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func newRow(where string, words []string) row {
	r := row{name: words[0], where: where, want: map[string]string{}}
	r.coordinate, r.variant, _ = strings.Cut(r.name, "@")
	r.on, r.field, _ = strings.Cut(r.coordinate, ".")
	for i, p := range principals() {
		r.want[p] = words[1+i]
	}
	return r
}

// byGroup puts rows that reach their object in the same way together, in the order of the table.
func byGroup(rows []row) (groups [][]row) {
	at := map[string]int{}
	for _, r := range rows {
		i, ok := at[r.group()]
		if !ok {
			i = len(groups)
			at[r.group()] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// outcome is what a principal got for a row.
type outcome struct {
	word string
	// request and answer tell more, for whoever looks for the reason.
	request, answer string
}

// check compares an outcome with the table.
func check(t *testing.T, r row, principal string, got outcome) {
	t.Helper()
	if got.word == r.want[principal] {
		return
	}
	t.Errorf("%s: %s for %s: want %s, got %s\n  request: %s\n  answer:  %s",
		r.where, r.name, principal, r.want[principal], got.word, clip(got.request), clip(got.answer))
}

func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 800 {
		return s[:800] + " …"
	}
	return s
}
