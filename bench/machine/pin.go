package machine

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// Cores says which core servers and which one the client runs on.
type Cores struct {
	// Bound is false where the machine has one core, or no taskset: then all share what there is.
	Bound          bool
	Server, Client string
}

// Plan gives the first core to the servers and the second one to the client, unless they are not to be bound.
func Plan(bind bool) Cores {
	_, err := exec.LookPath("taskset")
	return Cores{Bound: bind && err == nil && runtime.NumCPU() > 1, Server: "0", Client: "1"}
}

// Command returns a command that runs on the servers' core from its start.
func (c Cores) Command(name string, args ...string) *exec.Cmd {
	if !c.Bound {
		return exec.Command(name, args...)
	}
	return exec.Command("taskset", append([]string{"-c", c.Server, name}, args...)...)
}

// BindSelf binds this process to the client's core.
func (c Cores) BindSelf() error {
	if !c.Bound {
		return nil
	}
	runtime.GOMAXPROCS(1)
	return bind(os.Getpid(), c.Client)
}

// BindServer binds a running server and its children to the servers' core until release is called.
func (c Cores) BindServer(pid int) (release func() error, err error) {
	if !c.Bound {
		return func() error { return nil }, nil
	}
	before, err := allowed(pid)
	if err != nil {
		return nil, err
	}
	return func() error { return bindTree(pid, before) }, bindTree(pid, c.Server)
}

func bindTree(pid int, cores string) error {
	if err := bind(pid, cores); err != nil {
		return err
	}
	for _, child := range children(pid) {
		if err := bind(child, cores); err != nil && alive(child) {
			return err
		}
	}
	return nil
}

func alive(pid int) bool {
	_, err := read(pid)
	return err == nil
}

func bind(pid int, cores string) error {
	if out, err := exec.Command("taskset", "-acp", cores, strconv.Itoa(pid)).CombinedOutput(); err != nil {
		return fmt.Errorf("bind process %d to core %s: %w: %s", pid, cores, err, out)
	}
	return nil
}

func allowed(pid int) (string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
			return strings.TrimSpace(rest), nil
		}
	}
	return "", fmt.Errorf("/proc/%d/status does not tell the cores", pid)
}
