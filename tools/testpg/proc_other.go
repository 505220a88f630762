//go:build unix && !linux

package main

import "syscall"

// groupOfItsOwn keeps the terminal's signals from the child; there is no parent-death signal here, the janitor makes up for it.
func groupOfItsOwn(syscall.Signal) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func endWithParent() {}
