//go:build race

package sandbox

// racing is that the race detector maps more than any limit allows.
const racing = true
