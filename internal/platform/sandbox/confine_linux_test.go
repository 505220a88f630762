package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"karnak/internal/platform/sandbox"
)

// of returns the processes of a parent.
func of(t testing.TB, parent int) (out []int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			out = append(out, pid)
		}
	}
	return out
}

func TestAProcessHasNothing(t *testing.T) {
	t.Setenv("KARNAK_SECRET_OF_THIS_TEST", "canary")
	secret, err := os.Open("/etc/hostname") // a descriptor that a process must not get
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = secret.Close() }()
	p := open(t, 0)
	looked := false
	g := program(`function run() { return karnak.call("look") }`)
	g.Calls = []string{"look"}
	if _, err := p.Run(t.Context(), g, sandbox.Host{Call: func(context.Context, string, json.RawMessage) (json.RawMessage, error) {
		looked = true
		pids := of(t, os.Getpid())
		if len(pids) != 1 {
			return nil, fmt.Errorf("%d processes", len(pids))
		}
		at := filepath.Join("/proc", strconv.Itoa(pids[0]))
		if env, err := os.ReadFile(filepath.Join(at, "environ")); err != nil || len(env) != 0 {
			t.Errorf("the environment is %q: %v", env, err)
		}
		if dir, err := os.Readlink(filepath.Join(at, "cwd")); err != nil || dir != "/" {
			t.Errorf("it is in %s: %v", dir, err)
		}
		fds, err := os.ReadDir(filepath.Join(at, "fd"))
		if err != nil {
			t.Error(err)
		}
		for _, fd := range fds {
			to, _ := os.Readlink(filepath.Join(at, "fd", fd.Name()))
			if !strings.HasPrefix(to, "pipe:") && !strings.HasPrefix(to, "anon_inode:") && !strings.HasPrefix(to, "/sys/fs/cgroup/") { // the last two are the Go runtime's
				t.Errorf("descriptor %s is %s", fd.Name(), to)
			}
		}
		limits, err := os.ReadFile(filepath.Join(at, "limits"))
		if err != nil || !strings.Contains(string(limits), "Max open files            8") || !strings.Contains(string(limits), "Max core file size        0") ||
			!strings.Contains(string(limits), "Max file size             0") {
			t.Errorf("%s %v", limits, err)
		}
		if status, err := os.ReadFile(filepath.Join(at, "status")); err != nil || !strings.Contains(string(status), "NoNewPrivs:\t1") {
			t.Errorf("%s %v", status, err)
		}
		return json.RawMessage("1"), nil
	}}); err != nil || !looked {
		t.Fatal(err, looked)
	}
}

// TestOrphansDie starts this test again, has that one run a program without an end, and kills it.
func TestOrphansDie(t *testing.T) {
	if os.Getenv("SANDBOX_ORPHAN") != "" {
		p := open(t, 0)
		g := program(`function run() { console.log("here"); for (;;); }`)
		g.Limits.CPU, g.Limits.Wall = time.Minute, time.Minute
		_, _ = p.Run(t.Context(), g, sandbox.Host{Log: func(string) { _, _ = os.Stdout.WriteString("here\n") }})
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, "-test.run=^TestOrphansDie$", "-test.count=1")
	c.Env = append(os.Environ(), "SANDBOX_ORPHAN=1")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	children := of(t, c.Process.Pid)
	if err := c.Process.Kill(); err != nil || len(children) != 1 {
		t.Fatalf("%d processes: %v", len(children), err)
	}
	_ = c.Wait()
	end := time.Now().Add(10 * time.Second)
	for alive(children[0]) {
		if time.Now().After(end) {
			t.Fatal("the process runs on")
		}
		<-time.After(10 * time.Millisecond)
	}
}

// alive reports whether a process runs; one that nobody has waited for does not.
func alive(pid int) bool {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	return strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))[0] != "Z"
}
