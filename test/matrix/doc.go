// Package matrix proves that tenants are apart: every field, argument, input field and enum value of the schema is asked by
// every kind of caller, with ids of their own, of another tenant and of nothing at all, by POST, GET and socket. It is
// generated from the schema as the API tells it, so that nothing can be forgotten; testdata/policy.txt says of each argument
// and input field what a foreign value of it comes to.
//
// The matrix is tested itself: seeded holds faults of authorisation that it has to find, one at a time.
package matrix
