// Command sdl looks after the public contract:
//
//	go run ./tools/sdl lint            every rule of the schema, each fault with file and line
//	go run ./tools/sdl print [-break]  writes the merged contract; refuses breaking changes without -break
//	go run ./tools/sdl check           the published contract is fresh, and nothing in it was broken
//
// It ends with 0 when all is well, with 1 when there are findings, and with 2 when it cannot tell.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"karnak/internal/platform/clock"
)

const (
	exitFindings = 1
	exitFailed   = 2
)

// tool is what a run works with.
type tool struct {
	dir, published string
	allowBreaking  bool
	today          time.Time
	out            io.Writer
}

func main() {
	os.Exit(run(os.Args[1:], clock.System{}.Now(), os.Stdout, os.Stderr))
}

func run(args []string, today time.Time, out, errOut io.Writer) int {
	t := &tool{today: today, out: out}
	flags := flag.NewFlagSet("sdl", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&t.dir, "dir", "schema", "directory of the hand-written files")
	flags.StringVar(&t.published, "published", "", "the published contract; DIR/published/schema.graphql by default")
	flags.BoolVar(&t.allowBreaking, "break", false, "print: publish breaking changes too")
	commands := map[string]func() ([]finding, error){"lint": t.lint, "print": t.print, "check": t.check}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprintln(errOut, "usage: sdl lint|print|check [-dir schema] [-published file] [-break]")
		return exitFailed
	}
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 {
		return exitFailed
	}
	if t.published == "" {
		t.published = filepath.Join(t.dir, "published", "schema.graphql")
	}
	found, err := commands[args[0]]()
	if err != nil {
		fmt.Fprintf(errOut, "sdl %s: %s\n", args[0], err)
		return exitFailed
	}
	for _, f := range found {
		fmt.Fprintln(errOut, f)
	}
	if len(found) > 0 {
		fmt.Fprintf(errOut, "sdl %s: %d findings\n", args[0], len(found))
		return exitFindings
	}
	return 0
}

// finding is one thing that is wrong, and where: a line of a file, or (line 0) an element of the contract.
type finding struct {
	where string
	line  int
	what  string
}

func (f finding) String() string {
	if f.line == 0 {
		return f.where + ": " + f.what
	}
	return fmt.Sprintf("%s:%d: %s", f.where, f.line, f.what)
}

// load merges the hand-written files of a directory.
func load(dir string) (*ast.Schema, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.graphqls"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no *.graphqls in %s", dir)
	}
	slices.Sort(paths)
	var sources []*ast.Source
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		sources = append(sources, &ast.Source{Name: p, Input: string(text)})
	}
	return gqlparser.LoadSchema(sources...)
}

// loadPublished reads the published contract; nil where there is none yet.
func (t *tool) loadPublished() (*ast.Schema, string, error) {
	text, err := os.ReadFile(t.published)
	if errors.Is(err, os.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	s, err := gqlparser.LoadSchema(&ast.Source{Name: t.published, Input: string(text)})
	return s, string(text), err
}

func (t *tool) lint() ([]finding, error) {
	s, err := load(t.dir)
	if err != nil {
		return nil, err
	}
	return lint(s), nil
}

func (t *tool) print() ([]finding, error) {
	s, err := load(t.dir)
	if err != nil {
		return nil, err
	}
	old, _, err := t.loadPublished()
	if err != nil {
		return nil, err
	}
	if broken := breaking(old, s, t.today); len(broken) > 0 && !t.allowBreaking {
		return append(broken, finding{t.published, 0, "not written; if the break is meant, say so with -break (make schema BREAK=1)"}), nil
	}
	if err := os.MkdirAll(filepath.Dir(t.published), 0o750); err != nil {
		return nil, err
	}
	text := render(s)
	if err := os.WriteFile(t.published, []byte(text), 0o644); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(t.out, "%s: %d lines\n", t.published, strings.Count(text, "\n"))
	return nil, err
}

func (t *tool) check() ([]finding, error) {
	s, err := load(t.dir)
	if err != nil {
		return nil, err
	}
	old, text, err := t.loadPublished()
	switch {
	case err != nil:
		return nil, err
	case old == nil:
		return []finding{{t.published, 0, "there is no published contract; run make schema"}}, nil
	}
	found := breaking(old, s, t.today)
	if len(found) == 0 && text != render(s) {
		found = append(found, finding{t.published, 0, "the published contract is not fresh; run make schema"})
	}
	return found, nil
}
