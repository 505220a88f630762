// Package transport brings GraphQL operations in and their answers out: over HTTP (POST, and GET for queries), as server-sent
// events, in parts where a query has @defer, and over a websocket that speaks graphql-transport-ws. It implements gqlgen's
// graphql.Transport and knows no domain.
//
// It owns what is strict about the wire: limits of size and depth, one reading of every request, media types, status codes,
// close codes, and bounded memory for readers that do not read. It does not own authentication (a callback decides), the cost
// of operations (the executor's extensions decide), and uploads (a transport of its own, to be added before HTTP, which takes
// every request that is no websocket).
//
// Timeouts of reading headers and bodies belong to the http.Server: ReadHeaderTimeout and ReadTimeout have to be set there.
package transport
