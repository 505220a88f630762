// The operations of a chat application.
import assert from "node:assert/strict";
import { gql } from "@apollo/client";
import { apolloClient } from "./clients.mjs";

const password = "karnak-demo";

const SIGN_IN = gql`
  mutation SignIn($email: String!, $password: String!) {
    signIn(input: { email: $email, password: $password }) {
      session { accessToken refreshToken }
      user { id displayName }
      userErrors { code message }
    }
  }
`;

export const SIGN_OUT = gql`
  mutation SignOut {
    signOut(input: {}) { userErrors { code message } }
  }
`;

const CREATE_CHANNEL = gql`
  mutation CreateChannel($input: CreateChannelInput!) {
    createChannel(input: $input) { channel { id name lastSeq } cursor userErrors { code field message } }
  }
`;

export const SEND = gql`
  mutation Send($input: SendMessageInput!) {
    sendMessage(input: $input) { message { id seq body author { id } } cursor userErrors { code field message } }
  }
`;

export const PAGE = gql`
  query Page($channel: ID!, $first: Int, $after: Cursor, $last: Int, $before: Cursor) {
    node(id: $channel) {
      ... on Channel {
        id
        lastSeq
        messages(first: $first, after: $after, last: $last, before: $before) {
          edges { cursor node { id seq body } }
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
      }
    }
  }
`;

export const WORKSPACE = gql`
  query Workspace($slug: String!) { workspace(slug: $slug) { id cursor } }
`;

export const HEAD = gql`
  query Head($channel: ID!) { node(id: $channel) { ... on Channel { id lastSeq cursor } } }
`;

export const EVENTS = gql`
  subscription Events($channel: ID!, $after: Cursor) {
    channelEvents(channelId: $channel, after: $after) {
      __typename id cursor seq type
      ... on MessagePosted { message { id seq body } }
    }
  }
`;

export const ACTIVITY = gql`
  subscription Activity($workspace: ID!, $after: Cursor) {
    activity(workspaceId: $workspace, after: $after) { __typename id cursor seq type }
  }
`;

// done returns the payload of a mutation that has nothing to complain of.
export function done({ data }) {
  const [payload] = Object.values(data);
  assert.deepEqual(payload.userErrors, []);
  return payload;
}

// read asks a query past the cache.
export const read = async (client, query, variables) =>
  (await client.query({ query, variables, fetchPolicy: "no-cache" })).data;

// signIn signs somebody of the demo in and returns them with a client of their own.
export async function signIn(name) {
  const nobody = apolloClient();
  const variables = { email: `${name}@karnak.example`, password };
  const { session, user } = done(await nobody.client.mutate({ mutation: SIGN_IN, variables }));
  return { ...user, token: session.accessToken, ...apolloClient(session.accessToken) };
}

// openChannel makes a public channel in the demo's workspace and tells where its story begins.
export async function openChannel(person, name) {
  const { workspace } = await read(person.client, WORKSPACE, { slug: "demo-startup" });
  const input = { workspaceId: workspace.id, name: `${name}-${process.pid}-${Date.now().toString(36)}` };
  const { channel, cursor } = done(await person.client.mutate({ mutation: CREATE_CHANNEL, variables: { input } }));
  return { id: channel.id, workspaceId: workspace.id, cursor, before: workspace.cursor };
}

// send posts a message; with a key it may be repeated.
export async function send(person, channelId, body, key) {
  const context = key && { headers: { "Idempotency-Key": key } };
  const variables = { input: { channelId, body } };
  return done(await person.client.mutate({ mutation: SEND, variables, context, fetchPolicy: "no-cache" }));
}
