package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"karnak/test/crash/rig"
)

const (
	tapeFile   = "internal/core/tape/write.go"
	answerFile = "internal/domain/assistant/run.go"

	tapeCommit = "	if err := e.DB.InTx(ctx, func(ctx context.Context, tx *ent.Tx) error { return e.write(ctx, tx, all) }); err != nil {"
	shownFirst = `	for _, w := range all {
		for i, x := range w.steps {
			x.Seq, x.At = w.hold.seq+int64(i)+1, e.Clock.Now()
			x.Cursor = e.Cursor(x.TapeID, x.Seq)
		}
		if len(w.steps) > 0 {
			e.give(w.hold.ID, w.steps, false)
		}
	}
	` + window + "\n"
)

// answerControls are faults that a run of killed answers has to find.
func answerControls() []control {
	return []control{
		{name: "steps are shown before they are written", engine: rig.SQLite, edits: []edit{
			{tapeFile, "import (", "import (\n\t\"time\"\n"}, {tapeFile, tapeCommit, shownFirst + tapeCommit},
		}},
		{name: "the model is not told what is kept", engine: rig.SQLite, edits: []edit{{answerFile, "Kept: m.kept.Text}", `Kept: ""}`}}},
		{name: "what was kept is forgotten", engine: rig.SQLite, edits: []edit{{answerFile, "	m.kept, m.provider = *kept, m.g.Provider\n", "	m.provider = m.g.Provider\n	m.kept.firstAt = kept.firstAt\n"}}},
	}
}

// runAnswerControls builds each fault into a server and fails where a run does not find it.
func runAnswerControls(ctx context.Context, p Plan, only string) error {
	// So that each answer meets a kill.
	p.Cycles, p.Least, p.Most = min(p.Cycles, 8), 300*time.Millisecond, 900*time.Millisecond
	var missed []error
	for i, c := range answerControls() {
		if !strings.Contains(c.name, only) {
			continue
		}
		p := p
		p.Folder, p.Engine = filepath.Join(p.Folder, fmt.Sprint("answers", i)), c.engine
		if err := os.MkdirAll(p.Folder, 0o700); err != nil {
			return err
		}
		var err error
		if p.Binary, err = buildFaulty(ctx, p.Folder, c.edits); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		a, err := runAnswers(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fmt.Fprintf(p.Out, "| %s | %s | %d | %d | %d |\n", c.engine, c.name, a.Kills, a.Ended, len(a.Findings))
		if len(a.Findings) == 0 {
			missed = append(missed, fmt.Errorf("%s: nothing is found", c.name))
		}
	}
	return errors.Join(missed...)
}
