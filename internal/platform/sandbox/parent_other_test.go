//go:build !linux

package sandbox_test

func otherwise([]string) (code int, ok bool) { return 0, false }
