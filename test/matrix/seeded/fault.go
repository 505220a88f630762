package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// fault is a change of the product that takes a defence away.
type fault struct {
	number int
	slug   string
	// what says in a sentence what is wrong.
	what string
	// seen is the package and the tests that find it, tried first: matrix TestMatrix/*/fields.
	seen  string
	edits []edit
	// changed has the files as they then are.
	changed map[string][]byte
}

// edit replaces the one place in a file that reads like before.
type edit struct{ file, before, after string }

func (f fault) name() string { return fmt.Sprintf("%02d %s", f.number, f.slug) }

// files names the files that are changed.
func (f fault) files() string {
	var out []string
	for _, e := range f.edits {
		if !slices.Contains(out, e.file) {
			out = append(out, e.file)
		}
	}
	return strings.Join(out, ", ")
}

var fileName = regexp.MustCompile(`^(\d\d)-([a-z0-9-]+)\.txt$`)

// readAll reads the faults of a folder and applies each to the tree. It tells of all that no longer apply.
func readAll(tree fs.FS, folder string) ([]fault, error) {
	entries, err := fs.ReadDir(tree, folder)
	if err != nil {
		return nil, err
	}
	var out []fault
	var wrong []error
	for i, e := range entries {
		name := fileName.FindStringSubmatch(e.Name())
		if name == nil {
			return nil, fmt.Errorf("%s: a name like 07-what-is-wrong.txt is wanted", e.Name())
		}
		text, err := fs.ReadFile(tree, path.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		f, err := parse(string(text))
		if err == nil {
			f.number, _ = strconv.Atoi(name[1])
			f.slug = name[2]
			err = f.apply(tree)
		}
		if err == nil && f.number != i+1 {
			err = fmt.Errorf("the number %d is wanted", i+1)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", e.Name(), err))
		}
		out = append(out, f)
	}
	return out, errors.Join(wrong...)
}

// parse reads a fault: a line "fault: …", a line "seen: …", and edits, each of the lines "file: …", "<<<<", what is there,
// "====", what is put in its place, ">>>>".
func parse(text string) (f fault, err error) {
	var into *[]string
	var file string
	var before, after []string
	for _, line := range strings.Split(text, "\n") {
		switch key, value, _ := strings.Cut(line, ": "); {
		case line == "<<<<":
			before, after = nil, nil
			into = &before
		case line == "====":
			into = &after
		case line == ">>>>":
			f.edits = append(f.edits, edit{file, strings.Join(before, "\n"), strings.Join(after, "\n")})
			into = nil
		case into != nil:
			*into = append(*into, line)
		case key == "fault":
			f.what = value
		case key == "seen":
			f.seen = value
		case key == "file":
			file = value
		case line != "":
			return f, fmt.Errorf("%q is not understood", line)
		}
	}
	if f.what == "" || f.seen == "" || len(f.edits) == 0 || into != nil {
		return f, errors.New("fault, seen and at least one edit are wanted")
	}
	return f, nil
}

// apply makes the changed files.
func (f *fault) apply(tree fs.FS) error {
	f.changed = map[string][]byte{}
	for _, e := range f.edits {
		text := f.changed[e.file]
		if text == nil {
			var err error
			if text, err = fs.ReadFile(tree, e.file); err != nil {
				return err
			}
		}
		if n := bytes.Count(text, []byte(e.before)); n != 1 || e.before == e.after {
			return fmt.Errorf("%s has the text of the fault %d times: write it as the code now is", e.file, n)
		}
		f.changed[e.file] = bytes.Replace(text, []byte(e.before), []byte(e.after), 1)
	}
	return nil
}
