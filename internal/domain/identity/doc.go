// Package identity is who people are: sign-up, sign-in, sessions and their tokens, passwords.
//
// It owns the tables users, sessions and signing_keys, and the events identity.* in the platform's log. It does not own
// what people may do (authz, core/guard) nor where they belong (domain workspace).
//
// An access token is a JWT (EdDSA, kid) and names its session; a request is good while the session lives. A refresh token
// is derived from the session, its generation and a secret, and is kept nowhere. Using it counts the generation up; the
// one before answers for 10 seconds more with the same pair, anything older ends the session.
package identity
