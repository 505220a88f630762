// Package failpoint ends the process between two steps of a write, so that test/crash can see what is left of it. Only a server
// that was built with the tag failpoints does so: in all others At does nothing.
package failpoint

// Point is a place between two steps of a write.
type Point string

// The points of a write, in their order. Counted and Released are on SQLite alone: PostgreSQL numbers and writes events in one
// statement, and its changes do not share a transaction.
const (
	// Begun: the transaction has begun, and nothing is written.
	Begun Point = "begun"
	// Claimed: the idempotency key is taken.
	Claimed Point = "claimed"
	// Made: the rows of the change are written, its events are not.
	Made Point = "made"
	// Counted: the heads of the logs are counted up.
	Counted Point = "counted"
	// Logged: the events are written.
	Logged Point = "logged"
	// Remembered: the idempotency key tells what was made.
	Remembered Point = "remembered"
	// Released: the change stands in the transaction that it shares.
	Released Point = "released"
	// Committed: all is durable, and nobody has been told.
	Committed Point = "committed"
	// Told: subscribers and other nodes are told.
	Told Point = "told"
	// Returned: the service has its result, and the client has no answer.
	Returned Point = "returned"
)

// Variable is the name of the environment's variable that arms a point: its name, a colon, and at which passing the process ends.
const Variable = "FAILPOINT"
