package limit

import "math"

// most is where counts stop. The product of two counts still fits an int64, so nothing overflows on the way.
const most = math.MaxInt32

// count is a number that stops at most instead of overflowing.
type count int64

func (c count) plus(d count) count { return min(c+d, most) }

func (c count) times(d count) count { return min(c*d, most) }
