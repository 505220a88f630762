// Package eventlog is the log: every change of state appends its events in its own transaction, numbered without holes
// and in the order of the commits, one sequence per workspace. Queries of the feed, subscriptions, and later audit and
// webhooks read it, and all of them share its cursor.
//
// It owns the tables events, event_heads and idempotency_keys. It knows no domain: rooms declare their event types and
// hand them to New. It does not decide who may read; its readers do.
package eventlog
