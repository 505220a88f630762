// Package ent is the data model: schema holds the entities, entgen is generated from them.
package ent

//go:generate go run entgo.io/ent/cmd/ent generate --feature privacy,intercept,sql/execquery,sql/versioned-migration --target ./entgen ./schema
