package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"karnak/internal/platform/clock"
	"karnak/internal/platform/sandbox"
)

// otherwise is what the test binary is besides a child and a test: a parent that is going to be killed, or a process that
// confines itself and tells what it can still do.
func otherwise(arguments []string) (code int, ok bool) {
	if len(arguments) != 3 {
		return 0, false
	}
	switch arguments[1] {
	case "be-a-parent":
		return parent(arguments[2]), true
	case "be-confined":
		return confined(), true
	}
	return 0, false
}

func parent(mark string) int {
	self, _ := os.Executable()
	p, err := sandbox.New(sandbox.Config{Command: []string{self, childWord, mark}, Clock: clock.System{}, Logger: slog.New(slog.DiscardHandler), Spare: 2, Most: 1})
	if err != nil {
		return 1
	}
	g := program(`function run() { console.log("on"); return /(?=(a+)+$)(a|aa)+$/.test("a".repeat(60) + "!") }`)
	g.Limits.CPU, g.Limits.Wall = time.Minute, time.Minute
	_, _ = p.Run(context.Background(), g, sandbox.Host{Log: func(string) { os.Stdout.WriteString("on\n") }})
	return 1
}

// children lists the living processes and zombies that a command line marks.
func children(mark string) (all []int) {
	found, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range found {
		b, _ := os.ReadFile(name)
		if words := strings.Split(string(b), "\x00"); len(words) > 2 && words[1] == childWord && words[2] == mark {
			pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
			all = append(all, pid)
		}
	}
	return all
}

// zombies counts dead children of this process that nobody fetched; they have no command line any more.
func zombies() (n int) {
	found, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range found {
		b, _ := os.ReadFile(name)
		_, rest, _ := strings.Cut(string(b), ") ")
		f := strings.Fields(rest)
		if len(f) > 1 && f[0] == "Z" && f[1] == strconv.Itoa(os.Getpid()) {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func markedPool(t *testing.T, spare int) (p *sandbox.Pool, mark string) {
	t.Helper()
	c := config(t)
	mark = "for-" + t.Name()
	c.Command, c.Spare = append(c.Command, mark), spare
	p, err := sandbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, mark
}

func TestChildHasNothing(t *testing.T) {
	t.Parallel()
	p, mark := markedPool(t, 0)
	g := program(`function run() { return karnak.call("look") }`)
	g.Calls = []string{"look"}
	looked := false
	look := func(context.Context, string, json.RawMessage) (json.RawMessage, error) {
		pids := children(mark)
		if len(pids) != 1 {
			t.Fatalf("there are %d children", len(pids))
		}
		looked = true
		inspect(t, "/proc/"+strconv.Itoa(pids[0]))
		return nil, nil
	}
	output(t, p, g, sandbox.Host{Call: look})
	if !looked {
		t.Error("nobody looked")
	}
}

func inspect(t *testing.T, proc string) {
	t.Helper()
	if b, err := os.ReadFile(proc + "/environ"); err != nil || len(b) > 0 {
		t.Errorf("environment %q, %v", b, err)
	}
	if dir, err := os.Readlink(proc + "/cwd"); err != nil || dir != "/" {
		t.Errorf("works in %q, %v", dir, err)
	}
	fds, err := os.ReadDir(proc + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fds {
		// Go's own poller is no way out: nothing can be opened to be polled.
		to, _ := os.Readlink(proc + "/fd/" + f.Name())
		if n, _ := strconv.Atoi(f.Name()); !strings.HasPrefix(to, "pipe:") && (n < 3 || !strings.HasPrefix(to, "anon_inode:[event")) || n > 2 && strings.HasPrefix(to, "pipe:") {
			t.Errorf("descriptor %s is %s", f.Name(), to)
		}
	}
	status, _ := os.ReadFile(proc + "/status")
	for _, line := range []string{"Seccomp:\t2", "NoNewPrivs:\t1"} {
		if !strings.Contains(string(status), line) {
			t.Errorf("its status lacks %q", line)
		}
	}
	limits, _ := os.ReadFile(proc + "/limits")
	for _, start := range []string{"Max open files            0 ", "Max core file size        0 ", "Max file size             0 "} {
		if !strings.Contains(string(limits), start) {
			t.Errorf("its limits lack %q: %s", start, limits)
		}
	}
	apart(t, proc)
}

// apart looks for namespaces, where this system has them.
func apart(t *testing.T, proc string) {
	t.Helper()
	c := exec.Command("/bin/true")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWNS}
	if c.Run() != nil {
		t.Log("no namespaces here")
		return
	}
	for _, n := range []string{"user", "pid", "net", "mnt", "ipc", "uts"} {
		theirs, err := os.Readlink(proc + "/ns/" + n)
		ours, _ := os.Readlink("/proc/self/ns/" + n)
		if err != nil || theirs == ours {
			t.Errorf("the namespace %s is ours: %v", n, err)
		}
	}
	status, _ := os.ReadFile(proc + "/status")
	if !strings.Contains(string(status), "CapEff:\t0000000000000000") {
		t.Errorf("it has capabilities: %s", status)
	}
}

// confined tells what a process that did to itself what a child does can still do.
func confined() int {
	if err := sandbox.Confine(limits()); err != nil {
		fmt.Fprintln(os.Stdout, err)
		return 1
	}
	tell := func(name string, err error) { fmt.Fprintf(os.Stdout, "%s: %v\n", name, err) }
	_, err := os.Open("/etc/hostname")
	tell("open", err)
	_, err = os.Create("/tmp/forbidden")
	tell("create", err)
	_, err = net.Dial("tcp", "127.0.0.1:1")
	tell("dial", err)
	_, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	tell("socket", err)
	tell("exec", syscall.Exec("/bin/true", []string{"true"}, nil))
	tell("fork", exec.Command("/bin/true").Run())
	_, _, errno := unix.RawSyscall(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0)
	tell("clone", errno)
	tell("kill", unix.Kill(os.Getppid(), 0))
	_, _, errno = unix.RawSyscall(unix.SYS_TGKILL, uintptr(os.Getppid()), uintptr(os.Getppid()), 0)
	tell("tgkill", errno)
	tell("ptrace", unix.PtraceAttach(os.Getppid()))
	tell("prlimit", unix.Prlimit(0, unix.RLIMIT_CPU, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}, nil))
	tell("unshare", unix.Unshare(unix.CLONE_NEWUSER))
	tell("mount", unix.Mount("none", "/tmp", "tmpfs", 0, ""))
	tell("chroot", unix.Chroot("/tmp"))
	_, err = unix.MemfdCreate("x", 0)
	tell("memfd", err)
	var two [2]int
	tell("pipe", unix.Pipe2(two[:], 0))
	tell("io_uring", func() error { _, _, e := unix.RawSyscall(unix.SYS_IO_URING_SETUP, 1, 0, 0); return e }())
	// What computing takes still works: threads, memory, the collector.
	done := make(chan []byte, 8)
	for range 8 {
		go func() {
			runtime.LockOSThread()
			done <- make([]byte, 1<<20)
		}()
	}
	for range 8 {
		<-done
	}
	debug.FreeOSMemory()
	fmt.Fprintln(os.Stdout, "computes")
	return 0
}

func TestFilter(t *testing.T) {
	t.Parallel()
	c := exec.Command(command(t)[0], "be-confined", "x")
	b, err := c.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(b), "computes\n") {
		t.Fatalf("%v: %s", err, b)
	}
	told := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(told) != 18 {
		t.Errorf("told %q", told)
	}
	for _, line := range told[:len(told)-1] {
		if !strings.Contains(line, "operation not permitted") {
			t.Error(line)
		}
	}
}

func TestChildrenDieWithTheirParent(t *testing.T) {
	t.Parallel()
	mark := "for-" + t.Name()
	c := exec.Command(command(t)[0], "be-a-parent", mark)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "one runs and two are spare", func() bool { return len(children(mark)) == 3 })
	_ = c.Process.Kill()
	_ = c.Wait()
	eventually(t, "children outlive their parent", func() bool { return len(children(mark)) == 0 })
}

func TestSpareChildren(t *testing.T) {
	t.Parallel()
	p, mark := markedPool(t, 2)
	if n := len(children(mark)); n != 0 {
		t.Errorf("%d children before the first run", n)
	}
	output(t, p, program(`function run() { return 1 }`), sandbox.Host{})
	eventually(t, "there are not two spare children", func() bool { return len(children(mark)) == 2 })
	// A spare child that died is not used.
	for _, pid := range children(mark) {
		_ = unix.Kill(pid, unix.SIGKILL)
		eventually(t, "nobody fetches the dead", func() bool { return unix.Kill(pid, 0) != nil })
	}
	for range 3 {
		output(t, p, program(`function run() { return 1 }`), sandbox.Host{})
	}
	p.Close()
	if left := children(mark); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestChildThatIsKilledFromOutside(t *testing.T) {
	t.Parallel()
	p, mark := markedPool(t, 0)
	g := program(`function run() { karnak.call("kill"); return 1 }`)
	g.Calls = []string{"kill"}
	murder := func(context.Context, string, json.RawMessage) (json.RawMessage, error) {
		return nil, unix.Kill(children(mark)[0], unix.SIGKILL)
	}
	if _, err := p.Run(t.Context(), g, sandbox.Host{Call: murder}); kindOf(err) != sandbox.Broken {
		t.Errorf("got %v", err)
	}
}

func TestHostileRunsLeaveNothing(t *testing.T) {
	if sandbox.Racing {
		t.Skip("the race detector keeps memory of its own")
	}
	p, mark := markedPool(t, 1)
	hostile := []string{
		`function run() { for (;;); }`,
		`function run() { const a = []; for (;;) a.push("x".repeat(1e5)) }`,
		`function run() { return run() }`,
		`function run() { return "x".repeat(1 << 20) }`,
		`function run() { return /(?=(a+)+$)(a|aa)+$/.test("a".repeat(60) + "!") }`,
	}
	once := func() {
		for _, source := range hostile {
			g := program(source)
			g.Limits.CPU = 100 * time.Millisecond
			if _, err := p.Run(t.Context(), g, sandbox.Host{}); kindOf(err) == "" || kindOf(err) == sandbox.Broken {
				t.Errorf("%s: %v", source, err)
			}
		}
	}
	once()
	heap, resident, goroutines, files := state(t)
	for range 10 {
		once()
	}
	heap2, resident2, goroutines2, files2 := state(t)
	t.Logf("heap %d KiB, then %d KiB; resident %d KiB, then %d KiB", heap>>10, heap2>>10, resident, resident2)
	if heap2 > heap+1<<20 || resident2 > resident+8<<10 || goroutines2 > goroutines+3 || files2 > files+6 {
		t.Errorf("heap %d to %d, resident %d to %d KiB, goroutines %d to %d, descriptors %d to %d", heap, heap2, resident, resident2, goroutines, goroutines2, files, files2)
	}
	p.Close()
	if left := children(mark); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if n := zombies(); n != 0 {
		t.Errorf("%d zombies", n)
	}
}

func state(t *testing.T) (heap uint64, resident, goroutines, files int) {
	t.Helper()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	resident, _ = strconv.Atoi(strings.Fields(rest)[0])
	fds, _ := os.ReadDir("/proc/self/fd")
	return m.HeapAlloc, resident, runtime.NumGoroutine(), len(fds)
}
