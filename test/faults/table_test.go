package faults_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// line is a row of a table of docs/security.md.
type line struct {
	section, text, defence, owasp string
	tests                         []string
}

var (
	named  = regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz)\\w+)`")
	listed = regexp.MustCompile(`^(API([1-9]|10)|A(0[1-9]|10))$`)
)

// lines reads the tables.
func lines(t *testing.T) (out []line) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "docs/security.md"))
	if err != nil {
		t.Fatal(err)
	}
	section := ""
	for text := range strings.Lines(string(b)) {
		text = strings.TrimSpace(text)
		if name, ok := strings.CutPrefix(text, "## "); ok {
			section = name
		}
		cells := strings.Split(strings.Trim(text, "| "), " | ")
		if !strings.HasPrefix(text, "|") || strings.HasPrefix(text, "|---") || cells[0] == "line" {
			continue
		}
		if len(cells) != 4 {
			t.Errorf("a row of %d cells: %s", len(cells), text)
			continue
		}
		l := line{section: section, text: cells[0], defence: cells[1], owasp: cells[3]}
		for _, m := range named.FindAllStringSubmatch(cells[2], -1) {
			l.tests = append(l.tests, m[1]+"."+m[2])
		}
		out = append(out, l)
	}
	return out
}

// TestEveryLineHasItsTest holds docs/security.md to testdata/lines.txt and to the code: each line has one row, with a defence,
// an id of OWASP's and tests that exist.
func TestEveryLineHasItsTest(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/lines.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	section := ""
	for text := range strings.Lines(string(b)) {
		text = strings.TrimRight(text, "\n")
		if name, ok := strings.CutPrefix(text, "# "); ok {
			section = name
		} else if text != "" {
			want = append(want, section+": "+text)
		}
	}
	for _, l := range lines(t) {
		name := l.section + ": " + l.text
		if slices.Contains(got, name) {
			t.Errorf("%s: there are two rows", name)
		}
		got = append(got, name)
		if l.defence == "" || len(l.tests) == 0 {
			t.Errorf("%s: no defence or no test", name)
		}
		for _, id := range strings.Split(l.owasp, ", ") {
			if id != "–" && !listed.MatchString(id) {
				t.Errorf("%s: %q is no id", name, id)
			}
		}
		for _, test := range l.tests {
			if !exists(t, test) {
				t.Errorf("%s: there is no %s", name, test)
			}
		}
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s: there is no row", name)
		}
	}
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("%s: there is no such line", name)
		}
	}
	if len(want) < 70 {
		t.Errorf("only %d lines", len(want))
	}
}

// exists looks for a test in the files of its package.
func exists(t *testing.T, test string) bool {
	t.Helper()
	folder, name, _ := strings.Cut(test, ".")
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}

// TestNoWayAroundTheFilter: the generated data model has no upsert, no raw modifier and no predicate over relations, the
// contract has no filter of such, and the linter's ban stands for the day the generator gets them.
func TestNoWayAroundTheFilter(t *testing.T) {
	t.Parallel()
	around := regexp.MustCompile(`(?m)^func (\([^)]*\) )?(OnConflict\w*|Modify|Has\w+With)\(`)
	files := 0
	err := filepath.WalkDir(filepath.Join(root, "ent/entgen"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if found := around.Find(b); found != nil {
			t.Errorf("%s has %s", path, found)
		}
		return err
	})
	if err != nil || files < 50 {
		t.Errorf("%d files: %v", files, err)
	}
	contract, err := os.ReadFile(filepath.Join(root, "schema/published/schema.graphql"))
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(?m)^input \w*Where\w*|^\s+has\w+With\b.*:`).Find(contract); found != nil || len(contract) < 1000 {
		t.Errorf("the contract has %s", found)
	}
	lint, err := os.ReadFile(filepath.Join(root, ".golangci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(lint), `(OnConflict|OnConflictColumns|Modify)$`) {
		t.Error("the linter lets upserts and raw modifiers through")
	}
}
