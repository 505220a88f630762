// Package jsonschema compiles JSON Schemas that users wrote and holds documents against them, in bounded time and memory.
//
// # What is a schema here
//
// Draft 2020-12 and no other, in at most 64 KiB, 64 levels and 1,000 subschemas, of which few can be very deep. A $ref leads to within the document or to the
// draft's own meta-schema; nothing is ever loaded. A schema that comes back to itself without going deeper into the document
// is refused. The formats date-time, email, uri and uuid are asserted, others are annotations, as content keywords are.
// Patterns are those of RE2, of at
// most 2,000 states each and 20,000 together. $dynamicRef and $dynamicAnchor are refused.
//
// # What is a document here
//
// RFC 8259 in UTF-8, in at most 1 MiB and 100 levels, without a second key of the same name, half a surrogate pair or
// anything behind it. Numbers are exact: of at most 400 characters, with an exponent within ±400.
//
// # Time
//
// Alternatives within alternatives can ask for a number of comparisons that grows exponentially. What a validation would take
// at most is therefore counted first, each pair of schema and value once, and what is too much is refused: MaxWork
// comparisons, which take well under a second.
package jsonschema
