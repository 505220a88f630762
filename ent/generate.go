// Package ent is the data model: schema holds the entities, entgen is generated from them.
package ent

//go:generate go run karnak/tools/entgen
