//go:build !linux

package main

import (
	"context"
	"errors"
)

func runPower(context.Context, Plan) error {
	return errors.New("the power of a disk is cut on Linux only")
}
