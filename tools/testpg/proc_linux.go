package main

import "syscall"

// groupOfItsOwn keeps the terminal's signals from the child, and ends it with sig when this process dies.
func groupOfItsOwn(sig syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: sig}
}

// endWithParent asks the kernel for SIGTERM when the process that started this one dies (go run, make).
func endWithParent() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0)
}
