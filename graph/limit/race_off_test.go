//go:build !race

package limit_test

const slack = 1
