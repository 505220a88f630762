// Package schema is the public contract: SDL by hand, one file per domain, and the merged contract that is published.
package schema

import _ "embed"

// Published is the merged contract, printed by make schema.
//
//go:embed published/schema.graphql
var Published string
