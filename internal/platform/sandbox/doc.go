// Package sandbox runs JavaScript that users wrote, each run in a process of its own that is thrown away afterwards.
//
// # The program
//
// A source defines function run(input). What it returns, or what the promise it returns comes to, is the result and has to be
// JSON. There is console.log, info, warn and error, and karnak.call(name, arguments), which waits for the host's answer.
// There is nothing else: no modules, files, network, environment or timers. A promise that nobody will settle ends the run.
//
// Time stands still while a program runs: Date says Program.Now, or 2020-01-01 in UTC, and without Now the same source and
// input give the same result, Math.random included. The time zone is UTC.
//
// # The walls
//
// The interpreter is memory-safe and has nothing to reach out with; that is the first wall. It does run out of memory, stack
// and time, and its regular expressions and other built-in functions do not stop when asked, which is why it has a process:
//
//   - the child watches its own CPU time and memory and gives up in good order;
//   - the parent kills it by its group at the wall time, and when its CPU time or its output are over;
//   - on Linux it has limits of the kernel on memory, CPU time, files and core dumps that it cannot raise, it dies with its
//     parent, and a filter lets it make only the system calls that computing takes: it cannot open, connect, fork or exec;
//   - where the kernel lets it, it lives in user, process, network, mount and IPC namespaces of its own.
//
// A child has no environment, no descriptors but its standard three, serves one run and never a second. The parent takes
// what a child says for hostile: messages are bounded, in form and in number.
//
// On systems other than Linux the limits are the child's own and the wall time; run nothing of strangers there.
//
// # Compiling
//
// The interpreter's compiler recurses: 100,000 open brackets take a stack of 256 MB, 20,000 additions six seconds. So a source
// is never compiled in the parent: Check asks a child too.
package sandbox
