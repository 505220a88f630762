// Package assistant is conversations with language models: a message is answered by a generation, which is made by a worker of
// any node, step by step, on a tape; what a client has seen of it is in the database. The messages of a conversation are a tree
// in a channel of its own: branches come from answering a message twice, and from saying one in other words.
//
// It owns the tables conversations and generations, and the events assistant.*. assistant:read reads the conversations one is
// in, assistant:write has models answer; the role user has both. A conversation is its members' alone, whoever else holds what.
package assistant
