package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"karnak/test/crash/ledger"
	"karnak/test/crash/lossy"
	"karnak/test/crash/rig"
)

// power is the data's disk where a kill is a power cut.
type power struct {
	disk    *lossy.Disk
	folder  string
	unmount func() error
	// torn lets a part of what was not durable survive a cut, in any order, every other time.
	torn bool
}

func newPower(p *Plan) (*power, error) {
	p.Data = filepath.Join(p.Folder, "power")
	x := &power{disk: lossy.NewDisk(), folder: filepath.Join(p.Data, "data")}
	return x, x.on()
}

func (p *power) on() (err error) {
	p.unmount, err = p.disk.Mount(p.folder)
	return err
}

func (p *power) off() error {
	if p.unmount == nil {
		return nil
	}
	unmount := p.unmount
	p.unmount = nil
	return unmount()
}

// cut drops what was not durable when the server was killed.
func (p *power) cut(r *run) error {
	if err := p.off(); err != nil {
		return err
	}
	var dice *rand.Rand
	if p.torn && r.dice.IntN(2) == 0 {
		dice = r.dice
	}
	p.disk.Cut(dice)
	return p.on()
}

// runPower cuts the power of SQLite's disk again and again: with the server as it is, which may lose nothing, and with one that
// does not wait for the disk, which has to lose something.
func runPower(ctx context.Context, p Plan) error {
	if p.Engine != rig.SQLite {
		return errors.New("the disk whose power is cut holds SQLite's file")
	}
	sound, err := p.powered(ctx, "FULL")
	if err != nil {
		return err
	}
	if !sound.Sound() {
		sound.print(p.Out)
		return errUnsound
	}
	for _, careless := range []string{"NORMAL", "OFF"} {
		r, err := p.powered(ctx, careless)
		if err != nil {
			return err
		}
		if r.Count(ledger.Lost) == 0 {
			return fmt.Errorf("with synchronous=%s nothing is lost: the disk forgets nothing", careless)
		}
	}
	return nil
}

// powered runs a plan with SQLite's synchronous at a level.
func (p Plan) powered(ctx context.Context, level string) (r Report, err error) {
	p.Folder = filepath.Join(p.Folder, level)
	if err := os.MkdirAll(p.Folder, 0o700); err != nil {
		return r, err
	}
	const shipped = "synchronous(FULL)"
	if p.Binary, err = buildFaulty(ctx, p.Folder, []edit{{"internal/platform/store/sqlite.go", shipped, "synchronous(" + level + ")"}}); err != nil {
		return r, err
	}
	x, err := newPower(&p)
	if err != nil {
		return r, fmt.Errorf("this machine does not let a file system be mounted through FUSE: %w", err)
	}
	defer func() { err = errors.Join(err, x.off()) }()
	x.torn = level != "OFF" // without any order the file itself would break
	p.made, p.killed, p.ended = x.disk.Settle, x.cut, x.copy
	r, err = Run(ctx, p)
	if err == nil {
		fmt.Fprintf(p.Out, "| synchronous=%s | %d | %d | %d | %s |\n", level, r.Cycles, r.Acknowledged, x.disk.Lost(), tally(r.Result))
	}
	return r, err
}

// copy ends the mount and hands out what the disk holds: this process would wait for itself below the mount.
func (p *power) copy(r *run) (*rig.Database, error) {
	if err := p.cut(r); err != nil {
		return nil, err
	}
	if err := p.off(); err != nil {
		return nil, err
	}
	folder := filepath.Join(r.Folder, "copy")
	if err := p.disk.Copy(filepath.Join(folder, "data")); err != nil {
		return nil, err
	}
	return rig.NewDatabase(context.Background(), rig.SQLite, folder, "")
}
