// @defer with Apollo Client: the quick part of an answer comes first, the rest is merged into it.
import assert from "node:assert/strict";
import test from "node:test";
import { gql } from "@apollo/client";
import { openChannel, send, signIn } from "./kit/chat.mjs";

const LATE = gql`
  query Late($channel: ID!) {
    node(id: $channel) {
      ... on Channel {
        id
        name
        ... @defer(label: "messages") { messages(last: 2) { nodes { id body author { id displayName } } } }
        ... @defer(label: "members") { members(first: 1) { totalCount } }
      }
    }
  }
`;

test("@defer", { timeout: 50_000 }, async (t) => {
  const [ada, mo] = await Promise.all(["ada", "mo"].map(signIn));
  t.after(() => [ada, mo].forEach((person) => person.close()));
  const channel = await openChannel(ada, "defer");
  await send(ada, channel.id, "first");
  await send(ada, channel.id, "second");
  const results = [];
  await new Promise((resolve, reject) => {
    mo.client.watchQuery({ query: LATE, variables: { channel: channel.id } }).subscribe({
      next: (result) => {
        if (result.error) return reject(result.error);
        if (result.data?.node) results.push(structuredClone(result));
        if (result.dataState === "complete") resolve();
      },
      error: reject,
    });
  });
  const [early, last] = [results[0], results.at(-1)];
  assert.equal(early.dataState, "streaming");
  assert.equal(early.data.node.id, channel.id);
  assert.deepEqual(
    last.data.node.messages.nodes.map(({ body, author }) => [body, author.id]),
    [["first", ada.id], ["second", ada.id]],
  );
  assert.equal(last.data.node.members.totalCount, 1);
});
