//go:build failpoints

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

var armed = arm(os.Getenv(Variable)) //nolint:forbidigo // no setting: no server that is shipped has it

// trap ends the process at the last of so many passings of a point.
type trap struct {
	point Point
	left  atomic.Int64
}

func arm(said string) *trap {
	t := &trap{}
	point, times, _ := strings.Cut(said, ":")
	n, err := strconv.ParseInt(times, 10, 64)
	if said != "" && err != nil {
		panic(fmt.Sprintf("%s=%s: say point:passing", Variable, said)) //nolint:forbidigo // a test that is not armed proves nothing
	}
	t.point = Point(point)
	t.left.Store(n)
	return t
}

// At tells that the process is at a point, and ends it by SIGKILL where it is told to.
func At(p Point) {
	if p != armed.point || armed.left.Add(-1) != 0 {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err) //nolint:forbidigo // it must not go on
	}
	select {} // the signal is on its way
}
