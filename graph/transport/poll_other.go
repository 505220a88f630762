//go:build !linux

package transport

// poller is for systems that can wait for many connections at once in the way of Linux.
type poller struct{}

func newPoller() *poller { return nil }

func (*poller) close() {}

func (*poller) arm(*conn) error { return nil }

func (*poller) forget(*conn) {}
