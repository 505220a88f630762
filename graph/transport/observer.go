package transport

// Observer is told what happens on websockets and event streams, for metrics. Its methods are called from many
// goroutines and must not block.
type Observer interface {
	// Connected and Disconnected: a connection was accepted, and ended with this close code (1006 when it broke).
	Connected()
	Disconnected(code int)
	// Subscribed and Unsubscribed: a subscription began, and ended.
	Subscribed()
	Unsubscribed()
	// Delivered: an event of a subscription, a message of this many bytes, is written to its socket.
	Delivered(bytes int)
	// Slow: a connection is ended because its client does not read.
	Slow()
}

// NoObserver is the Observer that does nothing.
type NoObserver struct{}

// Connected does nothing.
func (NoObserver) Connected() {}

// Disconnected does nothing.
func (NoObserver) Disconnected(int) {}

// Subscribed does nothing.
func (NoObserver) Subscribed() {}

// Unsubscribed does nothing.
func (NoObserver) Unsubscribed() {}

// Delivered does nothing.
func (NoObserver) Delivered(int) {}

// Slow does nothing.
func (NoObserver) Slow() {}
