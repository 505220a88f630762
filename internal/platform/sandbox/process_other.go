//go:build !linux

package sandbox

import (
	"os"
	"syscall"
	"time"
)

func attributes(bool) *syscall.SysProcAttr { return nil }

func killGroup(p *os.Process) { _ = p.Kill() }

func (c *process) wait() {
	_ = c.cmd.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
}

func (c *process) cpu() time.Duration { return 0 }

func (c *process) memory() (now, peak int64) { return 0, 0 }
