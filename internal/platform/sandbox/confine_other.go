//go:build !linux

package sandbox

import "time"

func shut() error { return nil }

func confine(Limits) error { return nil }

func ownCPU() time.Duration { return 0 }
