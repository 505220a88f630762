// Package sandbox runs programs in JavaScript that strangers wrote. Each run has a process of its own, which is this program started
// again with an argument, and which ends with the run: nothing is left of one for the next. A program sees its input and what its
// host lets it call; there are no files, no network, no environment, no timers, and, unless it is given, no time.
//
// # What holds it
//
// The interpreter (goja) gives it nothing of the machine. Around that, the process has an empty environment, no descriptors but its
// two pipes, limits of the kernel on memory, files and descriptors, namespaces of its own without a network where the kernel allows
// them, and it dies with whoever started it. Its own watch ends a program that uses too much of the processor, even in the midst of a
// native function; its starter kills it when its time is up.
package sandbox
