// Package jsonschema checks JSON values by JSON Schema 2020-12, for schemas and values that strangers wrote: nothing is loaded from
// anywhere, and neither the schema nor the value can make the check take long.
package jsonschema
