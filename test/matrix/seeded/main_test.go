package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// TestFaultsApply sees that every fault still applies to the code, and that there are as many as were promised.
func TestFaultsApply(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := readAll(os.DirFS(root), folder)
	if err != nil {
		t.Errorf("mend the faults in %s:\n%v", folder, err)
	}
	if len(all) < 40 {
		t.Errorf("there are %d faults; 40 are wanted", len(all))
	}
	table, err := os.ReadFile(filepath.Join(root, "docs", "security-seeded.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if cell(string(table), f.what) == "" {
			t.Errorf("docs/security-seeded.md does not say what finds %s: run make seeded", f.name())
		}
	}
}

func TestReadAll(t *testing.T) {
	t.Parallel()
	const good = "fault: No wall.\nseen: matrix TestMatrix\n\nfile: a.go\n<<<<\none\n====\ntwo\n>>>>\n"
	for name, c := range map[string]struct{ file, text, want string }{
		"good":               {"01-a.txt", good, ""},
		"another number":     {"02-a.txt", good, "the number 1 is wanted"},
		"another name":       {"a.txt", good, "a name like"},
		"gone from the file": {"01-a.txt", strings.Replace(good, "one", "none", 1), "0 times"},
		"twice in the file":  {"01-a.txt", strings.Replace(good, "one", "line", 1), "2 times"},
		"no change":          {"01-a.txt", strings.Replace(good, "two", "one", 1), "1 times"},
		"half an edit":       {"01-a.txt", strings.Replace(good, ">>>>\n", "", 1), "are wanted"},
		"something else":     {"01-a.txt", "hello\n" + good, "not understood"},
		"no such file":       {"01-a.txt", strings.Replace(good, "a.go", "b.go", 1), "b.go"},
	} {
		tree := fstest.MapFS{"f/" + c.file: {Data: []byte(c.text)}, "a.go": {Data: []byte("line\none\nline\n")}}
		all, err := readAll(tree, "f")
		switch {
		case c.want == "" && (err != nil || string(all[0].changed["a.go"]) != "line\ntwo\nline\n"):
			t.Errorf("%s: %v %v", name, all, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v; %q is wanted", name, err, c.want)
		}
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "table.md")
	faults := []fault{{number: 1, what: "No wall."}, {number: 2, what: "No roof."}}
	for _, found := range []map[int]string{{1: "test/matrix TestWall", 2: ""}, {2: "test/authz TestRoof"}} {
		if err := publish(file, faults, found); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil || cell(string(b), "No wall.") != "test/matrix TestWall" || cell(string(b), "No roof.") != "test/authz TestRoof" {
		t.Errorf("%v\n%s", err, b)
	}
	if err := publish(file, faults, map[int]string{1: ""}); err != nil {
		t.Fatal(err)
	}
	if b, err = os.ReadFile(file); err != nil || cell(string(b), "No wall.") != "" || !strings.Contains(string(b), "**not found**") {
		t.Errorf("%v\n%s", err, b)
	}
}

// TestMerged sees that a build of many faults has each function once for every fault, and a switch.
func TestMerged(t *testing.T) {
	t.Parallel()
	tree := map[string][]byte{"a/a.go": []byte("package a\n\ntype T struct{}\n\nfunc (T) may(_ string, more ...int) (bool, error) { return false, nil }\n\nfunc free() { println(1) }\n\nconst c = 1\n")}
	edit := func(n int, before, after string) fault {
		f := fault{number: n, edits: []edit{{"a/a.go", before, after}}}
		if err := f.apply(fstest.MapFS{"a/a.go": {Data: tree["a/a.go"]}}); err != nil {
			t.Fatal(err)
		}
		return f
	}
	files, in, err := merged(tree, []fault{edit(1, "return false", "return true"), edit(2, "println(1)", "println(2)"), edit(3, "c = 1", "c = 2"), edit(4, "false, nil", "len(more) > 0, nil")})
	if err != nil || !in[1] || !in[2] || in[3] || !in[4] {
		t.Fatal(in, err)
	}
	for _, want := range []string{
		"func (T) seeded0may(_ string, more ...int) (bool, error) { return false, nil }", "func (T) seeded1may(_ string, more ...int) (bool, error) { return true, nil }",
		"func (T) seeded4may(", "func (r T) may(p0 string, p1 ...int) (bool, error) {", "return r.seeded4may(p0, p1...)", "return r.seeded0may(p0, p1...)",
		"func seeded0free() { println(1) }", "func seeded2free() { println(2) }", "case \"2\":\n\t\tseeded2free()\n\t\treturn\n",
	} {
		if !strings.Contains(string(files["a/a.go"]), want) {
			t.Errorf("%q is missing in\n%s", want, files["a/a.go"])
		}
	}
	if !strings.Contains(string(files["a/zz_seeded.go"]), "package a\n") {
		t.Errorf("%s", files["a/zz_seeded.go"])
	}
}
