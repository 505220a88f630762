package client_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"karnak/test/binary"
	"karnak/tools/debian"
)

// oldest is the first major version of node that the clients run on.
const oldest = 18

const installing = 3 * time.Minute

// node runs the scripts of this folder.
type node struct{ path string }

// openNode finds node and installs the packages of package-lock.json where they are not there. Where it cannot, the test
// fails: clients that were not tried prove nothing.
func openNode(t *testing.T) *node {
	t.Helper()
	n := &node{path: find(t, "node", "nodejs")}
	out, err := exec.CommandContext(t.Context(), n.path, "--print", "process.versions.node").Output()
	if err != nil {
		t.Fatalf("node does not run: %v", err)
	}
	major, _, _ := strings.Cut(strings.TrimSpace(string(out)), ".")
	if v, err := strconv.Atoi(major); err != nil || v < oldest {
		t.Fatalf("node %s is too old for the clients that karnak is tested with: install node %d or later", strings.TrimSpace(string(out)), oldest)
	}
	if !installed(t) {
		install(t, find(t, "npm", "npm"))
	}
	return n
}

// find brings a program by its Debian package where it is missing.
func find(t *testing.T, program, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil && debian.Able() {
		if err := errors.Join(debian.Update(t.Context()), debian.Install(t.Context(), pkg)); err != nil {
			t.Fatal(err)
		}
		path, err = exec.LookPath(program)
	}
	if err != nil {
		t.Fatalf("%s is missing: install node %d or later with npm; karnak is tested with clients from npm", program, oldest)
	}
	return path
}

// installed tells whether the packages are those of the lock file: npm leaves a lock file of its own when it has finished.
func installed(t *testing.T) bool {
	t.Helper()
	want, err := os.Stat("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.Stat(filepath.Join("node_modules", ".package-lock.json"))
	return err == nil && !got.ModTime().Before(want.ModTime())
}

func install(t *testing.T, npm string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), installing)
	defer cancel()
	if out, err := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts").CombinedOutput(); err != nil {
		t.Fatalf("npm ci could not install the clients that karnak is tested with: %v\n%s", err, out)
	}
}

// run runs a script against a server, whose life the script commands through a control address.
func (n *node) run(t *testing.T, s *binary.Server, script string, limit time.Duration) {
	t.Helper()
	control := httptest.NewServer(control(s))
	defer control.Close()
	ctx, cancel := context.WithTimeout(t.Context(), timely(t, limit))
	defer cancel()
	cmd := exec.CommandContext(ctx, n.path, "--test-reporter=spec", script)
	cmd.Env = append(binary.Surroundings(), "KARNAK_URL="+s.URL(), "KARNAK_CONTROL="+control.URL)
	out, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		t.Fatalf("%s did not end within %s\n%s\n%s", script, limit, out, s.Logged())
	case err != nil:
		t.Fatalf("%s: %v\n%s\n%s", script, err, out, s.Logged())
	}
	t.Logf("%s", out)
}

// timely shortens a limit so that the test can still tidy up before it is cut off.
func timely(t *testing.T, limit time.Duration) time.Duration {
	t.Helper()
	if end, ok := t.Deadline(); ok {
		return min(limit, time.Until(end)-binary.Ending)
	}
	return limit
}
