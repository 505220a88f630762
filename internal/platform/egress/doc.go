// Package egress guards what is called out of karnak on behalf of people: a tool that fetches a page, later a webhook. Nobody reaches
// with it what only karnak's own machine can reach. A name can lead to another address from one moment to the next, and so the address
// that is dialled is what is looked at; what can be seen of an address before is told before.
package egress
