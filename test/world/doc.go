// Package world is what the suites of authorisation and isolation share: a node with people of every role and one of
// everything in their workspace, a way to each field and valid input for each mutation, the contract as the API tells it,
// and digests of what the database holds.
package world
