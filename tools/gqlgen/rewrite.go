package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/tools/imports"
)

// source is a generated file and what is to be changed in it.
type source struct {
	name  string
	text  []byte
	set   *token.FileSet
	file  *ast.File
	edits []edit
}

type edit struct {
	from, to int
	text     string
}

// rewrite changes all generated files of a folder.
func rewrite(folder string) error {
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return err
	}
	var all []*source
	for _, name := range names {
		s, err := open(name)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	leaves, found := scalarFields(all), counts{}
	for _, s := range all {
		if err := s.change(leaves, &found); err != nil {
			return err
		}
	}
	if found.objects == 0 || found.lists == 0 || found.leaves == 0 || found.parts == 0 || found.roots == 0 || found.outputs == 0 {
		return fmt.Errorf("gqlgen writes another code than this tool knows: %+v places were found", found)
	}
	for _, s := range all {
		if err := s.save(); err != nil {
			return err
		}
	}
	return nil
}

// counts are the places that were changed.
type counts struct{ objects, lists, leaves, parts, roots, outputs int }

func open(name string) (*source, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := &source{name: name, text: text, set: token.NewFileSet()}
	s.file, err = parser.ParseFile(s.set, name, text, parser.SkipObjectResolution)
	return s, err
}

// change rewrites each function that package exec does better.
func (s *source) change(leaves map[string]bool, found *counts) error {
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv == nil || f.Body == nil {
			continue
		}
		object, err := s.object(f)
		root, bad := s.root(f)
		if s.output(f) {
			found.outputs++
		}
		switch {
		case err != nil || bad != nil:
			return fmt.Errorf("%s: %w", s.name, cmp.Or(err, bad))
		case object:
			found.objects++
		case root:
			found.roots++
		case s.parts(f):
			found.parts++
		case s.list(f):
			found.lists++
		case s.field(f, leaves):
			found.leaves++
		}
	}
	if len(s.edits) > 0 {
		s.replace(s.file.Name.End(), s.file.Name.End(), "\n\nimport \"karnak/graph/exec\"")
	}
	return nil
}

func (s *source) save() error {
	if len(s.edits) == 0 {
		return nil
	}
	slices.SortStableFunc(s.edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var out bytes.Buffer
	at := 0
	for _, e := range s.edits {
		if e.from < at {
			return fmt.Errorf("%s: two changes in one place: %.60q", s.name, e.text)
		}
		out.Write(s.text[at:e.from])
		out.WriteString(e.text)
		at = e.to
	}
	out.Write(s.text[at:])
	text, err := imports.Process(s.name, out.Bytes(), nil)
	if err != nil {
		return err
	}
	return os.WriteFile(s.name, text, 0o644)
}

func (s *source) replace(from, to token.Pos, text string) {
	s.edits = append(s.edits, edit{s.set.Position(from).Offset, s.set.Position(to).Offset, text})
}

// of is the text of a node.
func (s *source) of(n ast.Node) string {
	return string(s.text[s.set.Position(n.Pos()).Offset:s.set.Position(n.End()).Offset])
}
