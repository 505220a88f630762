package world

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
	Anonymous  = "anonymous"
	User       = "user"
	Pro        = "pro"
	Moderator  = "moderator"
	Admin      = "admin"
	SuperAdmin = "superAdmin"
	Expired    = "expired"
	Foreign    = "foreign"
)

// Principals returns the names of the columns.
func Principals() []string {
	return []string{Anonymous, User, Pro, Moderator, Admin, SuperAdmin, Expired, Foreign}
}

// Row is one line of a table: what each principal is to get.
type Row struct {
	// Name is the coordinate, with @variant where it is asked under other circumstances.
	Name, coordinate, Variant string
	// On and field are the two halves of the coordinate.
	On, Field string
	Where     string
	Want      map[string]string
}

// Group is the key of what rows have in common: the way to the object that has the field.
func (r Row) Group() string {
	if r.Variant == "" {
		return r.On
	}
	return r.On + "@" + r.Variant
}

// ReadTable reads a table: lines of a name and one word for each principal; # begins a comment.
func ReadTable(t *testing.T, path string) []Row {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var rows []Row
	lines, header := bufio.NewScanner(f), true
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		where := fmt.Sprintf("%s:%d", path, n)
		if len(words) != 1+len(Principals()) {
			t.Fatalf("%s has %d words; a name and one for each of %v are wanted", where, len(words), Principals())
		}
		if header {
			if header = false; !slices.Equal(words[1:], Principals()) {
				t.Fatalf("%s has the columns %v; %v are wanted", where, words[1:], Principals())
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

func newRow(where string, words []string) Row {
	r := Row{Name: words[0], Where: where, Want: map[string]string{}}
	r.coordinate, r.Variant, _ = strings.Cut(r.Name, "@")
	r.On, r.Field, _ = strings.Cut(r.coordinate, ".")
	for i, p := range Principals() {
		r.Want[p] = words[1+i]
	}
	return r
}

// ByGroup puts rows that reach their object in the same way together, in the order of the table.
func ByGroup(rows []Row) (groups [][]Row) {
	at := map[string]int{}
	for _, r := range rows {
		i, ok := at[r.Group()]
		if !ok {
			i = len(groups)
			at[r.Group()] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}
