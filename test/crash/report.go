package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"karnak/test/crash/ledger"
	"karnak/test/crash/rig"
)

// Report is what a run came to.
type Report struct {
	ledger.Result
	Engine string
	// Nodes is how many servers there were.
	Nodes int
	Seed  uint64
	// Cycles is how often the server was killed after it was ready; Cuts how often a subscriber had to connect again.
	Cycles, Cuts int
	Took         time.Duration
	// Ready are the times from the start of the process to the first ready answer, in order of length.
	Ready []time.Duration
	// Troubles are what has no place in any run: panics and masked errors in the server's log, and tries that were refused.
	Troubles []string
}

func (r *run) report(l ledger.Ledgers, took time.Duration) (Report, error) {
	slices.Sort(r.ready)
	result := ledger.Check(l)
	out := Report{Result: result, Engine: r.Engine, Nodes: max(r.Nodes, 1), Seed: r.Seed, Cycles: len(r.ready), Cuts: int(r.cuts.Load()), Took: took, Ready: r.ready}
	b, err := os.ReadFile(rig.LogFile(r.Folder))
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, "panic") || strings.Contains(line, "INTERNAL") || strings.Contains(line, "no client may see") {
			out.Troubles = append(out.Troubles, strings.TrimSpace(line))
		}
	}
	for _, a := range l.Answers {
		if a.Outcome == ledger.Refused {
			out.Troubles = append(out.Troubles, fmt.Sprintf("try %s was refused: %s", a.ID, a.Code))
		}
	}
	return out, err
}

// Sound reports whether nothing was found.
func (r Report) Sound() bool { return len(r.Findings) == 0 && len(r.Troubles) == 0 }

// ready returns the share-th part of the times to ready.
func (r Report) ready(share float64) time.Duration {
	if len(r.Ready) == 0 {
		return 0
	}
	return r.Ready[int(share*float64(len(r.Ready)-1))].Round(time.Millisecond)
}

// header and line are the rows of the report's table.
const header = `| engine | kills | acknowledged | unknown | repeated | events received | cuts | lost | twice | holes | other | ready p50 | ready p99 | took | seed |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
`

func (r Report) line() string {
	engine := r.Engine
	if r.Nodes > 1 {
		engine += fmt.Sprintf(", %d nodes", r.Nodes)
	}
	lost, twice, holes := r.Count(ledger.Lost), r.Count(ledger.Twice), r.Count(ledger.Hole)
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %s | %s | %s | %d |\n", engine, r.Cycles, r.Acknowledged, r.Unknown, r.Resolved,
		r.Delivered, r.Cuts, lost, twice, holes, len(r.Findings)+len(r.Troubles)-lost-twice-holes, r.ready(0.5), r.ready(0.99), r.Took.Round(time.Second), r.Seed)
}

// shownFindings bounds what is printed of a run that failed.
const shownFindings = 20

func (r Report) print(out io.Writer) {
	fmt.Fprint(out, header, r.line())
	for i, f := range r.Findings {
		if i == shownFindings {
			fmt.Fprintf(out, "and %d more\n", len(r.Findings)-i)
			break
		}
		fmt.Fprintln(out, f)
	}
	for _, line := range r.Troubles[:min(shownFindings, len(r.Troubles))] {
		fmt.Fprintln(out, line)
	}
}
