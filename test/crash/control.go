package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"karnak/test/crash/ledger"
	"karnak/test/crash/rig"
)

// control is a fault that is built into a server, and that a run has to find: a checker that finds nothing proves nothing.
type control struct {
	name   string
	engine string
	edits  []edit
	// args are further arguments of karnak serve.
	args []string
	// finds are faults of which the run has to find at least one each.
	finds []ledger.Fault
}

// edit replaces a text that stands once in a file of the repository.
type edit struct{ file, old, new string }

const (
	groupFile    = "internal/platform/store/group.go"
	postgresFile = "internal/platform/store/postgres.go"
	mutationFile = "graph/mutation.go"
	logFile      = "internal/core/eventlog/write.go"
)

// window is how long the seeded faults leave between what they do too early and the commit, so that few kills fall into it.
const window = `time.Sleep(10 * time.Millisecond)`

// writersOnly is added to a file: it limits a fault to what the writers do, since the server itself could not live with it.
const writersOnly = `

func early(ctx context.Context) bool {
	return graphql.HasOperationContext(ctx) && strings.Contains(graphql.GetOperationContext(ctx).RawQuery, "done:")
}
`

// commits are the texts around the commit, on SQLite and on PostgreSQL.
const (
	groupCommit    = "	if err = tx.Commit(); err != nil {"
	groupTell      = "		if err == nil {\n			c.tx.committed()\n		}\n		c.done <- err\n"
	postgresBegin  = "	raw, err := s.write.BeginTx(ctx, nil)"
	postgresCommit = "	if err := raw.Commit(); err != nil {\n		return late(ctx, err)\n	}\n	failpoint.At(failpoint.Committed)\n	tx.committed()\n"
)

// A log whose numbers come as those of a bigserial: counted up for good at once, so that nobody waits for another's commit.
const (
	logNumber = "	if tx.Dialect() == dialect.Postgres {\n"
	sequence  = logNumber + `		args, err := store.Rows(events)
		if err != nil {
			return nil, err
		}
		if err := l.db.InTx(system(context.Background()), func(ctx context.Context, raw *ent.Tx) error {
			return each(ctx, &Tx{Tx: raw, log: l}, "INSERT INTO event_heads (id, seq) SELECT workspace_id, count(*) FROM "+
				store.Table(tx.Dialect(), "e", "workspace_id varchar")+advance, events, read)
		}); err != nil {
			return nil, err
		}
		time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond)
		var h []string
		for name, seq := range heads {
			h = append(h, fmt.Sprintf("('%s', %d)", name, seq))
		}
		return heads, tx.Exec(ctx, insert+lines(tx.Dialect())+" JOIN (VALUES "+strings.Join(h, ", ")+") h (id, seq) ON h.id = e.workspace_id", args, nil)
	}
` + logNumber
)

// controls are the faults, one of each kind on each engine.
func controls() []control {
	prepared := func(file, last string, more ...edit) []edit {
		return append(more, edit{file, "import (", "import (\n\t\"strings\"\n\t\"time\"\n\t\"github.com/99designs/gqlgen/graphql\"\n"}, edit{file, last, writersOnly + last})
	}
	group := func(more ...edit) []edit { return prepared(groupFile, "\nfunc (g *group) next(", more...) }
	postgres := func(more ...edit) []edit { return prepared(postgresFile, "\nfunc ignoreDone(", more...) }
	bigserial := []edit{
		{logFile, "import (", "import (\n\t\"fmt\"\n\t\"math/rand/v2\"\n\t\"strings\"\n\t\"time\"\n\t\"karnak/ent\"\n"}, {logFile, logNumber, sequence},
	}
	forgetKey := []edit{{mutationFile, "		out.Fingerprint = hex.EncodeToString(h[:])", "		out.Key = hex.EncodeToString(h[:0])"}}
	// Each of its changes needs two connections at once.
	roomy := []string{"--postgres-pool=80"}
	return []control{
		{"acknowledge before the commit", rig.SQLite, group(
			edit{groupFile, groupCommit, "	for _, c := range kept {\n		if early(c.ctx) {\n			c.done <- nil\n		}\n	}\n	" + window + "\n" + groupCommit},
			edit{groupFile, groupTell, "		if err == nil {\n			c.tx.committed()\n		}\n		if !early(c.ctx) {\n			c.done <- err\n		}\n"},
		), nil, []ledger.Fault{ledger.Lost}},
		{"acknowledge before the commit", rig.Postgres, postgres(
			edit{postgresFile, postgresBegin, "	raw, err := s.write.BeginTx(context.WithoutCancel(ctx), nil)"},
			edit{postgresFile, postgresCommit, "	if early(ctx) {\n		go func() {\n			" + window + "\n			if raw.Commit() == nil {\n				tx.committed()\n			}\n		}()\n		return nil\n	}\n" + postgresCommit},
		), nil, []ledger.Fault{ledger.Lost}},
		{"publish before the commit", rig.SQLite, group(
			edit{groupFile, groupCommit, "	for _, c := range kept {\n		if early(c.ctx) {\n			c.tx.committed()\n		}\n	}\n	" + window + "\n" + groupCommit},
			edit{groupFile, groupTell, "		if err == nil && !early(c.ctx) {\n			c.tx.committed()\n		}\n		c.done <- err\n"},
		), nil, []ledger.Fault{ledger.Stray}},
		{"publish before the commit", rig.Postgres, postgres(
			edit{postgresFile, postgresCommit, "	if early(ctx) {\n		tx.committed()\n		" + window + "\n		return raw.Commit()\n	}\n" + postgresCommit},
		), nil, []ledger.Fault{ledger.Stray}},
		{"no dedupe", rig.SQLite, forgetKey, nil, []ledger.Fault{ledger.Twice}},
		{"no dedupe", rig.Postgres, forgetKey, nil, []ledger.Fault{ledger.Twice}},
		{"numbers as of a bigserial", rig.Postgres, bigserial, roomy, []ledger.Fault{ledger.Hole, ledger.Lost}},
	}
}

// runControls builds each fault into a server, but for those whose name has not the text, runs it, and fails where a run does not find
// its fault.
func runControls(ctx context.Context, p Plan, only string) error {
	var missed []error
	for i, c := range controls() {
		if !strings.Contains(c.name, only) {
			continue
		}
		r, err := runControl(ctx, p, c, filepath.Join(p.Folder, fmt.Sprint(i)))
		if err != nil {
			return fmt.Errorf("%s: %s: %w", c.engine, c.name, err)
		}
		fmt.Fprintf(p.Out, "| %s | %s | %d | %d | %s |\n", c.engine, c.name, r.Cycles, r.Acknowledged, tally(r.Result))
		for _, f := range c.finds {
			if r.Count(f) == 0 {
				missed = append(missed, fmt.Errorf("%s: %s: nothing is %s", c.engine, c.name, f))
			}
		}
	}
	return errors.Join(missed...)
}

func tally(r ledger.Result) string {
	var parts []string
	for _, f := range []ledger.Fault{ledger.Lost, ledger.Twice, ledger.Hole, ledger.Stray, ledger.Foreign, ledger.Wrong} {
		if n := r.Count(f); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, f))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

func runControl(ctx context.Context, p Plan, c control, folder string) (r Report, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return r, err
	}
	if p.Binary, err = buildFaulty(ctx, folder, c.edits); err != nil {
		return r, err
	}
	p.Engine, p.Folder, p.Args = c.engine, folder, append(p.Args, c.args...)
	return Run(ctx, p)
}

// buildFaulty builds the server with some of its files replaced; the tree stays as it is.
func buildFaulty(ctx context.Context, folder string, edits []edit) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	texts := map[string]string{}
	for _, e := range edits {
		path := filepath.Join(strings.TrimSpace(string(root)), e.file)
		if texts[path] == "" {
			b, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			texts[path] = string(b)
		}
		if n := strings.Count(texts[path], e.old); n != 1 {
			return "", fmt.Errorf("%q stands %d times in %s: the code has changed, and the control has to follow", e.old, n, e.file)
		}
		texts[path] = strings.Replace(texts[path], e.old, e.new, 1)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for path, text := range texts {
		copied := filepath.Join(folder, filepath.Base(path))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return "", err
		}
		overlay.Replace[path] = copied
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, b, 0o600); err != nil {
		return "", err
	}
	return rig.Build(ctx, folder, "-overlay="+list)
}
