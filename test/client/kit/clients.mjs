// Clients as an application builds them: Apollo over HTTP and over graphql-ws.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { Defer20220824Handler } from "@apollo/client/incremental";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { getMainDefinition, relayStylePagination } from "@apollo/client/utilities";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { socketURL, url } from "./server.mjs";

// GraphQLWsLink looks at the global one to tell apart what went wrong.
globalThis.WebSocket ??= WebSocket;

const isSubscription = ({ query }) => {
  const definition = getMainDefinition(query);
  return definition.kind === "OperationDefinition" && definition.operation === "subscription";
};

// socketClient is graphql-ws with a token; cut ends its TCP connection without a word.
export function socketClient(token, options = {}) {
  let socket;
  const client = createClient({
    url: socketURL,
    webSocketImpl: WebSocket,
    connectionParams: token && { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    ...options,
    on: {
      ...options.on,
      connected(one, ...rest) {
        socket = one;
        options.on?.connected?.(one, ...rest);
      },
    },
  });
  return { ...client, cut: () => socket.terminate() };
}

// apolloClient has a link for everything: HTTP, and a socket for subscriptions.
export function apolloClient(token) {
  const socket = socketClient(token);
  const http = new HttpLink({ uri: url, headers: token && { authorization: `Bearer ${token}` } });
  const client = new ApolloClient({
    link: ApolloLink.split(isSubscription, new GraphQLWsLink(socket), http),
    incrementalHandler: new Defer20220824Handler(),
    cache: new InMemoryCache({ typePolicies: { Channel: { fields: { messages: relayStylePagination() } } } }),
  });
  return { client, cut: socket.cut, close: () => socket.dispose() };
}
