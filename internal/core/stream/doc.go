// Package stream is live reading of the log. A reader begins at a position, reads the database in pages until it has
// caught up, and then the node's memory; where that has moved on, or a number is missing, it reads the database again. So
// a reader gets every event once and in order, a slow one costs no memory, and a lost hint of the bus costs a second.
//
// Whoever opens a reader says who may read: the check is made again before an event passes that may change it, and at the
// instant a grant ends. Nothing that was committed after a revocation is given out.
//
// It owns no table and knows no domain.
package stream
