package sandbox

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Where the kernel puts what it asks the filter about (struct seccomp_data; both machines are little-endian).
const (
	offsetCall  = 0
	offsetArch  = 4
	offsetFirst = 16
)

// filter lets all threads of this process make only the calls that computing takes; others fail with EPERM, and calls of
// another machine's kind kill. It cannot be taken off.
func filter() error {
	arch, ok := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	if !ok {
		return nil
	}
	// Privileges are a thread's; the filter then brings both to all threads.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("sandbox: no new privileges: %w", err)
	}
	code := compileFilter(arch, allowed())
	f := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	// Package unix has no wrapper; with TSYNC the answer is 0 or a thread that could not be brought along.
	left, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&f))) //nolint:gosec // the kernel reads it during the call
	switch {
	case errno == unix.ENOSYS || errno == unix.EINVAL:
		// A kernel without filters: the other walls have to do.
		return nil
	case errno != 0:
		return fmt.Errorf("sandbox: filter: %w", errno)
	case left != 0:
		return fmt.Errorf("sandbox: filter: thread %d is without", left)
	}
	return nil
}

// compileFilter writes the filter in the instructions of classic BPF: compare and return, one call after the other.
func compileFilter(arch uint32, calls []uint32) []unix.SockFilter {
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	// unless goes over the one next instruction if the loaded word is not k.
	unless := func(k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: k}
	}
	end := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	refuse := end(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))

	code := []unix.SockFilter{
		load(offsetArch),
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 1, K: arch},
		end(unix.SECCOMP_RET_KILL_PROCESS),
		load(offsetCall),
	}
	for _, n := range calls {
		code = append(code, unless(n), end(unix.SECCOMP_RET_ALLOW))
	}
	// glibc asks by clone3 first, whose flags no filter can see, and takes clone when there is none.
	code = append(code, unless(unix.SYS_CLONE3), end(unix.SECCOMP_RET_ERRNO|uint32(unix.ENOSYS)))
	// The runtime sends signals to its own threads.
	code = append(code,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 4, K: unix.SYS_TGKILL},
		load(offsetFirst), unless(uint32(os.Getpid())), end(unix.SECCOMP_RET_ALLOW), refuse,
	)
	// A new thread is what clone is for, a new process is not.
	return append(code,
		unless(unix.SYS_CLONE), unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JA, K: 1}, refuse,
		load(offsetFirst),
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jf: 1, K: unix.CLONE_THREAD},
		end(unix.SECCOMP_RET_ALLOW), refuse,
	)
}

// allowed is what Go's runtime calls once it runs; Go's own threads make the same calls on every machine.
func allowed() []uint32 {
	return append(allowedHere(),
		unix.SYS_READ, unix.SYS_WRITE, unix.SYS_CLOSE, unix.SYS_FUTEX,
		unix.SYS_MMAP, unix.SYS_MUNMAP, unix.SYS_MPROTECT, unix.SYS_MADVISE, unix.SYS_MREMAP, unix.SYS_MINCORE,
		unix.SYS_CLOCK_GETTIME, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_NANOSLEEP, unix.SYS_GETTIMEOFDAY,
		unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_GETPID, unix.SYS_GETTID, unix.SYS_GETRUSAGE,
		unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL,
		unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_CTL, unix.SYS_GETRANDOM, unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ, unix.SYS_MEMBARRIER,
		unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
	)
}
