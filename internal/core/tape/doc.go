// Package tape keeps the numbered steps of pieces of work that take a while: the parts of an answer that a language model
// gives, later the log of a tool or the progress of a job. A tape is about one object and has its id; its steps count up from
// 1, are never changed, and are read live from any of them on.
//
// # Who writes
//
// One worker holds a tape at a time, under a lease that the engine renews and a fence that counts up with every holder. What
// somebody writes whose lease was taken over is refused as a whole. A worker that is killed is replaced by another, on any
// node, once its lease has run out, which takes Lease and a look of Claim; one that stops in order gives its tapes back. On
// SQLite, which one process has at a time, Abandon frees at the start what the last one held.
//
// Work that waits for something else, as an answer for the result of a tool or for somebody's yes, parks its tape: it needs no
// worker then, and whoever has what it waits for wakes it in the same transaction.
//
// A step is durable before anybody sees it: what was read is in the database, and so neither lost nor repeated when the worker
// dies. The steps of all tapes of a node that are written at the same time share a transaction.
//
// # Who reads
//
// Follow reads from a position on and then live, with the rights of whoever asks: each step knows how far the workspace's log
// went when it was written, and is given out when all of that was looked at for revocations. The bus carries hints between the
// nodes; one that is lost costs a second.
//
// It owns the tables tapes and tape_steps, and knows no domain.
package tape
