// Command cover reads a coverage profile and tells how much of the hand-written code the tests ran:
//
//	go run ./tools/cover -min 80 coverage.out
//
// Generated code, fixtures and test programs are left out. It ends with 1 below the minimum and with 2 when it cannot tell.
package main

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const module = "karnak/"

func main() {
	least := flag.Float64("min", 80, "least share of statements in per cent")
	flag.Parse()
	os.Exit(run(flag.Arg(0), ".", *least, os.Stdout, os.Stderr))
}

func run(profile, root string, least float64, out, errOut io.Writer) int {
	blocks, err := read(profile)
	if err != nil {
		fmt.Fprintln(errOut, "cover:", err)
		return 2
	}
	total, packages, err := sum(blocks, root)
	if err != nil {
		fmt.Fprintln(errOut, "cover:", err)
		return 2
	}
	for _, name := range slices.SortedFunc(maps.Keys(packages), func(a, b string) int {
		return cmp.Or(cmp.Compare(packages[a].share(), packages[b].share()), cmp.Compare(a, b))
	}) {
		fmt.Fprintf(out, "%6.1f %%  %5d  %s\n", packages[name].share(), packages[name].all, name)
	}
	fmt.Fprintf(out, "%6.1f %%  %5d  all hand-written code\n", total.share(), total.all)
	if total.share() < least {
		fmt.Fprintf(errOut, "cover: %.1f %% of the hand-written code is run by tests, %.1f %% is the least\n", total.share(), least)
		return 1
	}
	return 0
}

// tally counts statements.
type tally struct{ all, ran int }

func (t tally) share() float64 {
	if t.all == 0 {
		return 0
	}
	return 100 * float64(t.ran) / float64(t.all)
}

// block is a run of statements; a profile has it once for each test program.
type block struct {
	statements int
	ran        bool
}

// read merges the lines of a profile: file:from,to statements count.
func read(profile string) (map[string]map[string]block, error) {
	f, err := os.Open(profile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	files := map[string]map[string]block{}
	s := bufio.NewScanner(f)
	for s.Scan() {
		if strings.HasPrefix(s.Text(), "mode: ") {
			continue
		}
		file, rest, ok := strings.Cut(s.Text(), ":")
		fields := strings.Fields(rest)
		if !ok || len(fields) != 3 {
			return nil, fmt.Errorf("not a line of a profile: %q", s.Text())
		}
		statements, err := strconv.Atoi(fields[1])
		if err != nil {
			return nil, fmt.Errorf("not a line of a profile: %q", s.Text())
		}
		if files[file] == nil {
			files[file] = map[string]block{}
		}
		files[file][fields[0]] = block{statements, files[file][fields[0]].ran || fields[2] != "0"}
	}
	return files, s.Err()
}

func sum(files map[string]map[string]block, root string) (tally, map[string]tally, error) {
	var total tally
	packages := map[string]tally{}
	for file, blocks := range files {
		local := strings.TrimPrefix(file, module)
		skip, err := leftOut(root, local)
		if err != nil {
			return total, nil, err
		}
		if skip {
			continue
		}
		p := packages[path.Dir(local)]
		for _, b := range blocks {
			p.all += b.statements
			if b.ran {
				p.ran += b.statements
			}
		}
		packages[path.Dir(local)] = p
	}
	for _, p := range packages {
		total.all += p.all
		total.ran += p.ran
	}
	return total, packages, nil
}

// leftOut reports whether a file is generated, or is there for tests alone.
func leftOut(root, local string) (bool, error) {
	if strings.HasSuffix(path.Dir(local), "test") || strings.HasPrefix(local, "test/") {
		return true, nil
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, local), nil, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		return false, err
	}
	return ast.IsGenerated(parsed), nil
}
