package config

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// Preflight asks the machine: the data directory can be written (it is made where it is missing, and not looked at where
// nothing is kept in it) and, where listen is true, the addresses are free. The error is a Faults.
func (c *Config) Preflight(ctx context.Context, listen bool) error {
	var faults Faults
	if !c.Postgres() || c.Secret.Empty() {
		if err := writable(c.DataDir); err != nil {
			faults.add(Key("data-dir"), "The directory cannot be written: %s", reason(err))
		}
	}
	if !listen {
		return faults.err()
	}
	err := free(ctx, "addr", c.Addr)
	if c.BusListen != "" && c.BusListen != c.Addr {
		err = Join(err, free(ctx, "bus-listen", c.BusListen))
	}
	return Join(faults.err(), err)
}

func free(ctx context.Context, flag, addr string) error {
	l, err := listen(ctx, flag, addr)
	if err != nil {
		return err
	}
	return l.Close()
}

// Listen opens the address of the configuration; the error is a Faults that names the key.
func (c *Config) Listen(ctx context.Context) (net.Listener, error) {
	return listen(ctx, "addr", c.Addr)
}

func listen(ctx context.Context, flag, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err == nil {
		return l, nil
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, Faults{{Key(flag), fmt.Sprintf("%s is in use by another process.", clip(addr))}}
	}
	return nil, Faults{{Key(flag), fmt.Sprintf("%s cannot be listened on: %s", clip(addr), reason(err))}}
}

func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// reason is the innermost cause, which is what an operator can act on.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error() + "."
		}
		err = inner
	}
}
