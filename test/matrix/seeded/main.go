// Command seeded tests the tests: it puts faults of authorisation into the product, one at a time, and runs test/matrix and
// test/authz, which have to find each. The tree itself stays as it is: the compiler is given the changed files in place of
// the real ones. Faults within functions share one build, in which the environment says which one there is.
//
//	go run ./test/matrix/seeded [-only 7,12] [-engine sqlite3] [-check] [-table file]
//
// It needs the server named in KARNAK_TEST_POSTGRES, as make seeded starts one. It ends with status 1 when a fault is not
// found, or when one no longer applies.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "seeded:", err)
		os.Exit(1)
	}
}

// folder is where the faults lie.
const folder = "test/matrix/seeded/faults"

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("seeded", flag.ContinueOnError)
	only := flags.String("only", "", "the numbers of the faults to try, with commas; all by default")
	engine := flags.String("engine", "", "the one engine to run on, sqlite3 or postgres; by default sqlite3 and then postgres")
	check := flags.Bool("check", false, "see that every fault still applies, and run nothing")
	table := flags.String("table", "", "write what came of it into this file; rows of faults that are not tried stay as they are")
	if err := flags.Parse(args); err != nil {
		return err
	}
	faults, err := readAll(os.DirFS("."), folder)
	if err != nil {
		return err
	}
	if *check {
		return nil
	}
	wanted, err := chosen(faults, *only)
	if err != nil {
		return err
	}
	engines := []string{"sqlite3", "postgres"}
	if *engine != "" {
		engines = []string{*engine}
	}
	r, err := newRunner(ctx, engines, wanted)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.sound(ctx); err != nil {
		return err
	}
	var missed []string
	for _, f := range wanted {
		found, err := r.try(ctx, f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name(), err)
		}
		if found == "" {
			missed = append(missed, f.name())
		}
		fmt.Fprintf(out, "%-12s %s  %s\n", verdict(found), f.name(), found)
		r.found[f.number] = found
	}
	if *table != "" {
		if err := publish(*table, faults, r.found); err != nil {
			return err
		}
	}
	if missed != nil {
		return fmt.Errorf("%d of %d faults were not found: %s", len(missed), len(wanted), strings.Join(missed, ", "))
	}
	fmt.Fprintf(out, "%d of %d faults were found\n", len(wanted), len(wanted))
	return nil
}

func verdict(found string) string {
	if found == "" {
		return "NOT FOUND"
	}
	return "found"
}

// chosen picks faults by their numbers.
func chosen(all []fault, only string) ([]fault, error) {
	if only == "" {
		return all, nil
	}
	var out []fault
	for _, word := range strings.Split(only, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(f fault) bool { return f.number == n })
		if i < 0 {
			return nil, errors.New("there is no fault " + word)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// publish writes the table, with the rows of what was not tried as they were.
func publish(file string, faults []fault, found map[int]string) error {
	was, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, f := range faults {
		if _, tried := found[f.number]; !tried {
			found[f.number] = cell(string(was), f.what)
		}
	}
	return os.WriteFile(file, []byte(page(faults, found)), 0o644)
}

// cell is what a table says that a fault was found by; empty for nothing.
func cell(table, what string) string {
	for _, line := range strings.Split(table, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) == 6 && strings.TrimSpace(cells[2]) == what && !strings.Contains(cells[4], "*") {
			return strings.Trim(cells[4], " `")
		}
	}
	return ""
}

// page is the table of faults as it is published.
func page(faults []fault, found map[int]string) string {
	var b strings.Builder
	b.WriteString(`# Seeded faults

The tests of authorisation and of isolation are tested themselves. Each line below is a fault put into the product, alone:
a wall taken down, a check left out, a condition lost. ` + "`test/matrix` and `test/authz`" + ` have to fail with it, and do, by the
test named on the right. The faults lie in ` + "`" + folder + "`" + `; ` + "`make seeded`" + ` tries them all and writes this table. ` + "`make test`" + ` sees
that each still applies to the code.

| # | fault | where | found by |
|---|---|---|---|
`)
	for _, f := range faults {
		by := "**not found**"
		if found[f.number] != "" {
			by = "`" + found[f.number] + "`"
		}
		fmt.Fprintf(&b, "| %d | %s | `%s` | %s |\n", f.number, f.what, f.files(), by)
	}
	return b.String()
}
