// Package lossy is a disk that forgets: a file system in memory that keeps apart what was written and what was made durable by
// fsync, and that drops the rest when its power is cut. A process that is killed proves nothing of durability, since the
// machine keeps its pages; on this disk they are gone.
package lossy

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// pageSize is what a cut loses or keeps as a whole, as the disks do.
const pageSize = 4096

// Disk is one folder of files. It is safe for concurrent use.
type Disk struct {
	mu sync.Mutex
	// now are the files as processes see them, and kept those whose names would survive a cut.
	now, kept map[string]*file
	// dropped counts the pages that cuts have taken.
	dropped int
	made    uint64
}

type file struct {
	// number tells the system that two openings are of one file.
	number    uint64
	now, kept []byte
	dirty     map[int64]bool // pages of now that differ from kept
}

// NewDisk returns an empty disk.
func NewDisk() *Disk { return &Disk{now: map[string]*file{}, kept: map[string]*file{}} }

func (d *Disk) find(name string) (*file, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, ok := d.now[name]
	return f, ok
}

func (d *Disk) names() (out []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n := range d.now {
		out = append(out, n)
	}
	return out
}

// create makes a file; its name is durable once it or the folder is synced.
func (d *Disk) create(name string) *file {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.made++
	f := &file{number: d.made + 1, dirty: map[int64]bool{}} // 1 is the folder's
	d.now[name] = f
	return f
}

func (d *Disk) remove(name string) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.now[name] == nil {
		return syscall.ENOENT
	}
	delete(d.now, name)
	return 0
}

func (d *Disk) rename(from, to string) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.now[from]
	if f == nil {
		return syscall.ENOENT
	}
	delete(d.now, from)
	d.now[to] = f
	return 0
}

func (d *Disk) size(f *file) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return int64(len(f.now))
}

func (d *Disk) read(f *file, into []byte, at int64) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at >= int64(len(f.now)) {
		return 0
	}
	return copy(into, f.now[at:])
}

func (d *Disk) write(f *file, b []byte, at int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if end := at + int64(len(b)); end > int64(len(f.now)) {
		f.resize(end)
	}
	copy(f.now[at:], b)
	f.touch(at, at+int64(len(b)))
}

func (d *Disk) truncate(f *file, size int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f.resize(size)
}

func (f *file) resize(size int64) {
	was := int64(len(f.now))
	if size <= was {
		f.now = f.now[:size]
		f.touch(size, was)
		return
	}
	f.now = append(f.now, make([]byte, size-was)...)
	f.touch(was, size)
}

func (f *file) touch(from, to int64) {
	for p := from / pageSize; p*pageSize < to; p++ {
		f.dirty[p] = true
	}
}

// sync makes a file durable, and its name.
func (d *Disk) sync(f *file) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f.settle(func(int64) bool { return true })
	for n, x := range d.now {
		if x == f {
			d.kept[n] = f
		}
	}
}

// syncNames makes the names durable.
func (d *Disk) syncNames() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept = map[string]*file{}
	for n, f := range d.now {
		d.kept[n] = f
	}
}

// settle makes those pages durable that were written since and are to be kept, and the size where that is all of them.
func (f *file) settle(keep func(page int64) bool) {
	all := true
	for p := range f.dirty {
		if !keep(p) {
			all = false
			continue
		}
		from, to := p*pageSize, min((p+1)*pageSize, int64(len(f.now)))
		if from >= to {
			continue
		}
		if missing := to - int64(len(f.kept)); missing > 0 {
			f.kept = append(f.kept, make([]byte, missing)...)
		}
		copy(f.kept[from:to], f.now[from:to])
	}
	if all {
		f.kept = f.kept[:len(f.now)]
	}
	clear(f.dirty)
}

// Settle makes durable what was written so far, as a disk does in its own time.
func (d *Disk) Settle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept = map[string]*file{}
	for n, f := range d.now {
		f.settle(func(int64) bool { return true })
		d.kept[n] = f
	}
}

// Cut drops what was not made durable. With dice a part of the pages survives, any of them: a disk may have written them in
// any order. It returns how many pages were lost.
func (d *Disk) Cut(dice *rand.Rand) (lost int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.kept {
		f.settle(func(int64) bool {
			survives := dice != nil && dice.IntN(2) == 0
			if !survives {
				lost++
			}
			return survives
		})
		f.now = append([]byte(nil), f.kept...)
	}
	d.now = map[string]*file{}
	for n, f := range d.kept {
		d.now[n] = f
	}
	d.dropped += lost
	return lost
}

// Lost returns how many pages cuts have taken.
func (d *Disk) Lost() int { return d.dropped }

// Copy writes the files to a folder of another disk.
func (d *Disk) Copy(folder string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for n, f := range d.now {
		if err := os.WriteFile(filepath.Join(folder, n), f.now, 0o600); err != nil {
			return err
		}
	}
	return nil
}
