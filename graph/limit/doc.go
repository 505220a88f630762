// Package limit refuses GraphQL requests that would cost too much, before anything expensive looks at them. It knows no
// domain: what a field costs stands in the schema (@cost, @listSize).
//
// There are two stages. Guard.Check looks at the bare text before gqlgen validates it, because validation itself is the
// first thing that can be blown up: fragments that double, a response key that is repeated, deep nesting. Everything it
// counts is kept per fragment and saturates, so its own work grows with the length of the document and not with what the
// document unfolds to. Guard.Cost looks at the validated operation together with its variables, before any resolver runs.
//
// # What Check counts
//
// Tokens include comments. Fields, aliases and directives are counted with every fragment written out where it is spread.
// Depth is the longest path of fields, of named fragments within each other, of inline fragments within each other, or of
// list and object literals within each other, whichever is largest; fields below __schema and __type have their own
// allowance, since the introspection query of common tools nests deeper than any useful query of data. A response key may
// be selected only so often at one place, since validation compares each with each.
//
// # What an operation costs
//
//	cost(operation)  = sum of cost(field) over its root fields
//	cost(field)      = weight + cost(selection)             one object
//	                 = weight + size × cost(selection)      a list of objects
//	                 = weight + rest + size × entries       a connection
//	weight           = @cost(weight:), 1 where it is not given
//	size             = the largest slicing argument of @listSize: the value of a number, the length of a list;
//	                   else its assumedSize; else Limits.Page for a connection and Limits.List for a list
//	entries          = cost of what is selected below the list fields `edges` and `nodes` of the connection
//	rest             = cost of everything else in the connection, and the weights of `edges` and `nodes` themselves
//
// A connection is an object whose type name ends in "Connection". A field of an interface weighs as much as the heaviest
// field that implements it. Fragments cost what they hold, wherever they are spread; @skip and @include change nothing.
// Fields below __schema and __type are answered from memory, so they weigh a fortieth: __schema costs 1 and a fortieth
// of cost(selection), with 100 types and 5 entries in any other list. Sums and products stop at 2³¹−1.
//
// Arguments named first or last must lie between 1 and Limits.PageSize and exclude each other; a list of ids holds at most
// Limits.PageSize ids. Both are checked with the variables filled in and wherever the argument stands, also where @skip
// would leave the field out.
package limit
