package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"karnak/test/crash/rig"
)

// TestDiskFull fills the disk in each way that this machine allows: a limit on the size of the process's files, and a small
// file system that only root may make.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	ways := map[string]func(*testing.T, string) (fill, free func(*run) error){"limit": limited}
	if os.Geteuid() == 0 {
		ways["tmpfs"] = small
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			fill, free := way(t, folder)
			// The data lies where the way wants it; the ledgers do not.
			p := Plan{Engine: rig.SQLite, Data: folder}
			outage(t, p, func(ctx context.Context, r *run) error {
				for range 2 {
					if err := errors.Join(r.pause(ctx, calm), fill(r), r.unavailable(ctx), r.pause(ctx, calm)); err != nil {
						return err
					}
					// What is there can be read all the time.
					if err := r.readiness(ctx, http.StatusOK, noticedWithin); err != nil {
						return err
					}
					if err := errors.Join(free(r), r.healed(ctx)); err != nil {
						return err
					}
				}
				return r.pause(ctx, calm)
			})
		})
	}
}

// limited forbids the process to make its files longer than the longest of them is.
func limited(_ *testing.T, folder string) (fill, free func(*run) error) {
	set := func(r *run, most uint64) error {
		return unix.Prlimit(r.server.PID(), unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: most, Max: unix.RLIM_INFINITY}, nil)
	}
	fill = func(r *run) error {
		var longest int64
		files, err := os.ReadDir(filepath.Join(folder, "data"))
		for _, f := range files {
			info, e := f.Info()
			if e != nil {
				return e
			}
			longest = max(longest, info.Size())
		}
		return errors.Join(err, set(r, uint64(longest)))
	}
	return fill, func(r *run) error { return set(r, unix.RLIM_INFINITY) }
}

// small puts the data on a file system of 24 MiB, which a file of ballast fills.
func small(t *testing.T, folder string) (fill, free func(*run) error) {
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=24m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(folder, "ballast")
	fill = func(*run) error {
		err := os.WriteFile(ballast, make([]byte, 32<<20), 0o600)
		if errors.Is(err, syscall.ENOSPC) {
			return nil
		}
		return errors.Join(errors.New("the disk is not full"), err)
	}
	return fill, func(*run) error { return os.Remove(ballast) }
}
