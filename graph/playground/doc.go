// Package playground serves the page at /: GraphiQL with a sign-in box, ready-made
// tabs and subscriptions that resume after a cut, all from the binary.
//
// It owns the page, its assets and the documents of the tabs. It knows the schema
// only through those documents and knows nothing of how operations are answered.
// The bundle in dist is built from tools/playground.
package playground
