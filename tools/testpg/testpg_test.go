package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/lib/pq"
)

const asTool = "TESTPG_AS_TOOL"

// TestMain lets the test binary play the tool, so that it can be killed like one.
func TestMain(m *testing.M) {
	if os.Getenv(asTool) != "" || (len(os.Args) == 3 && os.Args[1] == janitorFlag) {
		main()
	}
	os.Exit(m.Run())
}

// tool runs testpg without a given server, in a temporary directory of its own that shows what is left behind.
func tool(t *testing.T, env []string, args ...string) (*exec.Cmd, string) {
	t.Helper()
	tmp, err := os.MkdirTemp("/tmp", "testpg-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(tmp) })
	if err := os.Chmod(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, variable+"=") && !strings.HasPrefix(kv, "TMPDIR=") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(append(cmd.Env, asTool+"=1", "TMPDIR="+tmp), env...)
	return cmd, tmp
}

func empty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// ask reads one value from a server.
func ask(t *testing.T, url, query string) string {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var answer string
	if err := db.QueryRowContext(ctx, query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

// running starts the tool with a command that prints the address and waits.
func running(t *testing.T) (cmd *exec.Cmd, url, tmp string) {
	t.Helper()
	cmd, tmp = tool(t, nil, "--", "sh", "-c", `echo "$`+variable+`"; exec sleep 600`)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(line), tmp
}

func TestPassesTheExitStatusAndCleansUp(t *testing.T) {
	t.Parallel()
	cmd, tmp := tool(t, nil, "--", "sh", "-c", `echo "$`+variable+`"; exit 7`)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("err = %v", err)
	}
	if !strings.HasPrefix(string(out), "postgres://postgres:") || strings.Count(string(out), "\n") != 1 {
		t.Errorf("the command printed %q", out)
	}
	empty(t, tmp)
}

func TestServerIsAsTestsNeedIt(t *testing.T) {
	t.Parallel()
	cmd, url, tmp := running(t)
	for query, want := range map[string]string{
		"show max_connections": "200", "show fsync": "off", "show synchronous_commit": "on", "show listen_addresses": "127.0.0.1",
		"show server_encoding": "UTF8", "show timezone": "UTC", "select current_database()": "postgres",
		"select rolsuper::text from pg_roles where rolname = current_user": "true",
		"select datcollate from pg_database where datname = 'postgres'":    "C",
	} {
		if got := ask(t, url, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if db, err := sql.Open("postgres", strings.Replace(url, "postgres:", "postgres:x", 2)); err == nil {
		if db.PingContext(t.Context()) == nil {
			t.Error("any password will do")
		}
		db.Close()
	}
	stop(t, cmd, syscall.SIGTERM)
	empty(t, tmp)
}

func stop(t *testing.T, cmd *exec.Cmd, sig syscall.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Errorf("ended by %v: %v", sig, err)
	}
}

// However it ends, the server and the directory go.
func TestEnds(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			cmd, url, tmp := running(t)
			pid := postmasterOf(t, tmp)
			ask(t, url, "select 1")
			stop(t, cmd, sig)
			gone(t, pid, tmp)
		})
	}
}

func postmasterOf(t *testing.T, tmp string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(tmp, "*", "data", "postmaster.pid"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	pid, ok := postmaster(files[0])
	if !ok {
		t.Fatal("no process id")
	}
	return pid
}

// gone waits until a process that is nobody's child and a directory are no more; neither gives a signal.
func gone(t *testing.T, pid int, tmp string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(20 * time.Second)
	for {
		left, err := os.ReadDir(tmp)
		if err == nil && len(left) == 0 && !alive(pid) {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("server alive: %v, left behind: %v", alive(pid), left)
		}
	}
}

// alive does not count a dead process that its adopted parent has not yet asked for.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	return !bytes.HasPrefix(rest, []byte("Z"))
}

func TestGivenServerIsUsed(t *testing.T) {
	t.Parallel()
	cmd, tmp := tool(t, []string{variable + "=given"}, "--", "sh", "-c", `echo "$`+variable+`"`)
	out, err := cmd.Output()
	if err != nil || strings.TrimSpace(string(out)) != "given" {
		t.Errorf("%q %v", out, err)
	}
	empty(t, tmp)
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
	}{
		"no command":      {nil, 2},
		"only a dash":     {[]string{"--"}, 2},
		"unknown flag":    {[]string{"-x", "--", "true"}, 2},
		"unknown command": {[]string{"--", "/nowhere/at-all"}, 127},
	} {
		cmd, tmp := tool(t, []string{variable + "=given"}, c.args...)
		cmd.Stderr = io.Discard
		err := cmd.Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != c.code {
			t.Errorf("%s: %v", name, err)
		}
		empty(t, tmp)
	}
}

func TestServerDir(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	put := func(dir string, names ...string) string {
		full := filepath.Join(root, dir)
		if err := os.MkdirAll(full, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			if err := os.WriteFile(filepath.Join(full, n), nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return full
	}
	client := put("usr/bin", "psql")
	if dir, ok := serverDir(client, root); ok {
		t.Errorf("a client passed for a server: %s", dir)
	}
	put("usr/lib/postgresql/9/bin", "initdb", "postgres")
	newest := put("usr/lib/postgresql/17/bin", "initdb", "postgres")
	put("usr/lib/postgresql/18/bin", "postgres")
	if dir, _ := serverDir(client, root); dir != newest {
		t.Errorf("found %s", dir)
	}
	mine := put("home/bin", "initdb", "postgres")
	if dir, _ := serverDir(client+":"+mine, root); dir != mine {
		t.Errorf("PATH does not come first: %s", dir)
	}
}
