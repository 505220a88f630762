// One effect for one key, however often it is sent.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { CombinedGraphQLErrors, gql } from "@apollo/client";
import { done, HEAD, openChannel, read, send, signIn } from "./kit/chat.mjs";
import { kill, start } from "./kit/server.mjs";

const SEND_ONCE = gql`
  mutation SendOnce($input: SendMessageInput!, $key: String!) {
    sendMessage(input: $input) @idempotent(key: $key) { message { id seq body author { id } } cursor userErrors { code field message } }
  }
`;

const sendOnce = async (person, channelId, body, key) => {
  const variables = { input: { channelId, body }, key };
  return done(await person.client.mutate({ mutation: SEND_ONCE, variables, fetchPolicy: "no-cache" }));
};

const conflict = (error) => CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code === "IDEMPOTENCY_CONFLICT";

for (const [how, post] of [["the header", send], ["the directive", sendOnce]]) {
  test(`a key in ${how}`, { timeout: 60_000 }, async (t) => {
    const [priya, tomas] = await Promise.all(["priya", "tomas"].map(signIn));
    t.after(() => [priya, tomas].forEach((person) => person.close()));
    const channel = await openChannel(priya, "idempotency");
    const posted = async () => (await read(priya.client, HEAD, { channel: channel.id })).node.lastSeq;
    const key = randomUUID();

    const first = await post(priya, channel.id, "once", key);
    await t.test("and the same input answer the same and send nothing", async () => {
      assert.deepEqual(await post(priya, channel.id, "once", key), first);
      assert.equal(await posted(), 1);
    });

    await t.test("and another input conflict", async () => {
      await assert.rejects(post(priya, channel.id, "another", key), conflict);
      assert.equal(await posted(), 1);
    });

    await t.test("of another person is another key", async () => {
      const { message } = await post(tomas, channel.id, "once", key);
      assert.equal(message.seq, 2);
      assert.equal(message.author.id, tomas.id);
    });

    await t.test("sent twenty times at once has one effect", async () => {
      const together = randomUUID();
      const answers = await Promise.all(Array.from({ length: 20 }, () => post(priya, channel.id, "together", together)));
      for (const answer of answers) assert.deepEqual(answer, answers[0]);
      assert.equal(await posted(), 3);
    });

    await t.test("is known after the server was killed", async () => {
      await kill();
      await start();
      assert.deepEqual(await post(priya, channel.id, "once", key), first);
      await assert.rejects(post(priya, channel.id, "another", key), conflict);
      assert.equal(await posted(), 3);
    });
  });
}
