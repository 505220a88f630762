// Package job runs work after a change: mail, webhooks, warnings, tidying. A job is a row written in the transaction of the
// change it belongs to, so that both are there or neither. It is River's queue on the store's own database: any node works
// any job, a job survives the process, and what fails is tried again.
//
// # Guarantees
//
// At least once. A job whose node dies, or whose transaction commits just before the node dies, runs again; a worker
// therefore does the same thing when it is called twice: it looks whether its effect is there, or hands the key of the
// effect on. A job that was rolled back never runs. Jobs have no order among each other.
//
// A job starts on the node that committed it within milliseconds: the commit wakes the local workers, in memory. Other
// nodes look once a second, and so do all for jobs whose time comes later. A worker gets a context that ends at its timeout
// and when the node stops. An error or a panic is logged, kept with the job, and tried again after 1 s, 16 s, 81 s and so on,
// the fourth power of the attempt with a tenth of jitter, 25 times, which takes three weeks; Later and Never say otherwise.
//
// A job of a node that was killed is taken over by another when it has run for its timeout and 30 s more. SQLite has one
// process at a time, so that a node that starts there takes over at once. Stop lets running jobs end and then cancels them;
// cancelled jobs run again.
//
// # SQLite
//
// River shares the store's one write connection. Its statements and the groups of changes take turns for that connection
// inside the process; neither ever meets SQLITE_BUSY, and neither waits while it holds the connection. A pool of its own
// would have to wait in SQLite's lock, which sleeps, is not fair, and gives up.
//
// # Tables
//
// Migrate makes the tables river_*; River's migrations are its own and are not among ours. Completed jobs are removed after
// a day, given up ones after a week. On PostgreSQL no pg_notify is sent: inside a transaction it holds up other commits.
package job
