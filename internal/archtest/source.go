// Package archtest holds the house to its plan: which floor may import which, where generated code lies, how folders and
// files are named, how long a resolver is. Each rule is a function of a source tree, tested with a planted fault.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// module is the name that imports of our own packages begin with.
const module = "karnak"

// Violation is one place that breaks a rule.
type Violation struct {
	// Path is the file or folder, relative to the root of the tree, with a line where there is one.
	Path string
	What string
}

func (v Violation) String() string { return v.Path + ": " + v.What }

// Tree is the source of a module: every Go file, parsed, and every folder.
type Tree struct {
	files   []file
	folders []string
	names   []string
	set     *token.FileSet
}

type file struct {
	// path and folder are relative to the root, with slashes.
	path, folder string
	ast          *ast.File
	generated    bool
}

// Load parses the Go files under a root. Nested modules, hidden folders and folders of other tools are left out.
func Load(root string) (*Tree, error) {
	t := &Tree{set: token.NewFileSet()}
	err := filepath.WalkDir(root, func(full string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, full)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			return t.folder(full, rel, d.Name())
		}
		t.names = append(t.names, rel)
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		return t.parse(full, rel)
	})
	return t, err
}

func (t *Tree) folder(full, rel, name string) error {
	if rel == "." {
		return nil
	}
	nested, err := filepath.Glob(filepath.Join(full, "go.mod"))
	if err != nil {
		return err
	}
	if len(nested) > 0 || strings.HasPrefix(name, ".") || slices.Contains([]string{"testdata", "node_modules"}, name) {
		return fs.SkipDir
	}
	t.folders = append(t.folders, rel)
	return nil
}

func (t *Tree) parse(full, rel string) error {
	parsed, err := parser.ParseFile(t.set, full, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("%s: %w", rel, err)
	}
	t.files = append(t.files, file{path: rel, folder: path.Dir(rel), ast: parsed, generated: ast.IsGenerated(parsed)})
	return nil
}

// at is a place in a file as an editor opens it.
func (t *Tree) at(f file, pos token.Pos) string {
	return fmt.Sprintf("%s:%d", f.path, t.set.Position(pos).Line)
}

// imports lists the folders of our own module that a file imports.
func (f file) imports() []string {
	var out []string
	for _, i := range f.ast.Imports {
		if rest, ok := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), module+"/"); ok {
			out = append(out, rest)
		}
	}
	return out
}

func (f file) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// fixture reports whether a package is for tests alone, like chattest or bustest.
func fixture(folder string) bool { return strings.HasSuffix(path.Base(folder), "test") }

// under reports whether a folder is another or lies in it.
func under(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}
