//go:build race

package limit_test

// slack is how much slower code may be that the race detector watches.
const slack = 3
