// Package presence knows who is at a place at this moment and who types there. It is told by the nodes to each other over
// the bus and kept in memory, under leases: a person whose node says nothing more is gone within two and a half beats, and
// nobody types for longer than TypingLife without saying so again. Nothing of it is in the log or in a database.
//
// A message that the bus loses is made up for: with every beat a node tells how many are at a place through it and a digest
// of who they are, and whoever has them otherwise asks for the list.
//
// It owns no table and knows no domain; who may come and who may look is decided before it is asked.
package presence
