// graphql-ws alone: what a client sees of graphql-transport-ws.
import assert from "node:assert/strict";
import test from "node:test";
import { print } from "graphql";
import { EVENTS, HEAD, openChannel, read, SEND, send, SIGN_OUT, signIn } from "./kit/chat.mjs";
import { socketClient } from "./kit/clients.mjs";
import { raw } from "./kit/raw.mjs";

const [events, sending, head] = [EVENTS, SEND, HEAD].map(print);
const forged = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyXzAxIn0.";

test("graphql-ws", { timeout: 110_000 }, async (t) => {
  const [mo, yuki] = await Promise.all(["mo", "yuki"].map(signIn));
  t.after(() => [mo, yuki].forEach((person) => person.close()));
  const channel = await openChannel(mo, "socket");
  const anonymous = socketClient();
  const client = socketClient(yuki.token, { keepAlive: 100 });
  t.after(() => [anonymous, client].forEach((one) => one.dispose()));
  const step = (name, work) => t.test(name, { timeout: 30_000 }, work);

  await step("queries and mutations over the socket", async () => {
    const { data } = await one(client, { query: sending, variables: { input: { channelId: channel.id, body: "by socket" } } });
    assert.deepEqual(data.sendMessage.userErrors, []);
    assert.equal(data.sendMessage.message.author.id, yuki.id);
    const answer = await one(client, { query: head, variables: { channel: channel.id } });
    assert.equal(answer.data.node.lastSeq, data.sendMessage.message.seq);
  });

  await step("what the caller can mend is data", async () => {
    const { data } = await one(client, { query: sending, variables: { input: { channelId: channel.id, body: "" } } });
    assert.equal(data.sendMessage.message, null);
    assert.deepEqual(data.sendMessage.userErrors[0].field, ["input", "body"]);
  });

  await step("a document that does not fit is an error with its code", async () => {
    await assert.rejects(one(client, { query: "{ nonsense }" }), refusal("BAD_USER_INPUT"));
  });

  await step("a subscription is live until it is completed", async () => {
    const stream = client.iterate({ query: events, variables: { channel: channel.id, after: channel.cursor } });
    assert.equal((await posted(stream)).body, "by socket", "what was before");
    await send(mo, channel.id, "live");
    assert.equal((await posted(stream)).body, "live");
    await stream.return();
    const silent = frames(client, "next");
    await send(mo, channel.id, "after the end");
    await one(client, { query: "{ __typename }" });
    assert.equal(silent().length, 1, "only the answer to the query came");
  });

  await step("two subscriptions share a socket and do not mix", async () => {
    const other = await openChannel(mo, "other");
    const streams = [channel, other].map((c) => client.iterate({ query: events, variables: { channel: c.id, after: c.cursor } }));
    await send(mo, other.id, "elsewhere");
    assert.equal((await posted(streams[1])).body, "elsewhere");
    assert.equal((await posted(streams[0])).body, "by socket");
    await Promise.all(streams.map((stream) => stream.return()));
  });

  await step("pings are answered", async () => {
    const pong = new Promise((resolve) => client.on("pong", (received) => received && resolve()));
    const stream = client.iterate({ query: events, variables: { channel: channel.id } });
    const waiting = stream.next();
    await pong;
    await stream.return();
    await waiting;
  });

  await step("a client that reconnects by itself goes on after its cursor", async (t) => {
    const from = (await read(mo.client, HEAD, { channel: channel.id })).node.cursor;
    const payload = { query: events, variables: { channel: channel.id, after: from } };
    const patient = socketClient(yuki.token, { retryAttempts: 5, retryWait: async () => {} });
    t.after(() => patient.dispose());
    const stream = patient.iterate(payload);
    const bodies = [];
    const take = async () => {
      const { value } = await stream.next();
      payload.variables.after = value.data.channelEvents.cursor;
      bodies.push(value.data.channelEvents.message.body);
    };
    for (let i = 0; i < 5; i++) {
      await send(mo, channel.id, `before cut ${i}`);
      await take();
      patient.cut();
      await send(mo, channel.id, `during cut ${i}`);
      await take();
    }
    await stream.return();
    assert.deepEqual(bodies, Array.from({ length: 5 }, (_, i) => [`before cut ${i}`, `during cut ${i}`]).flat());
  });

  await step("a forged cursor is refused and the connection lives", async () => {
    const variables = { channel: channel.id, after: "AQGiBBf3cnLmjIOjZgeJJZUAAAAAAAAAAQAAAAAAAA" };
    await assert.rejects(one(client, { query: events, variables }), refusal("BAD_USER_INPUT"));
  });

  await step("without a token there are public answers and no streams", async () => {
    const { data } = await one(anonymous, { query: "{ serverInfo { version } viewer { user { id } } }" });
    assert.ok(data.serverInfo.version);
    assert.equal(data.viewer, null);
    await assert.rejects(one(anonymous, { query: events, variables: { channel: channel.id } }), refusal("UNAUTHENTICATED"));
  });

  for (const [what, token] of [["forged", forged], ["empty", ""], ["altered", `${yuki.token.slice(0, -4)}AAAA`]]) {
    await step(`a token that is ${what} closes with 4401`, async () => {
      const refused = socketClient(undefined, { connectionParams: { authorization: `Bearer ${token}` }, retryAttempts: 3 });
      await assert.rejects(one(refused, { query: "{ __typename }" }), ({ code, reason }) => code === 4401 && reason.length > 0);
    });
  }

  await step("signing out closes with 4403, and its token is good for nothing", async (t) => {
    const nadia = await signIn("nadia");
    const open = socketClient(nadia.token);
    t.after(() => open.dispose());
    const closed = new Promise((resolve) => open.on("closed", resolve));
    const stream = open.iterate({ query: events, variables: { channel: channel.id, after: channel.cursor } });
    await posted(stream);
    await nadia.client.mutate({ mutation: SIGN_OUT });
    assert.equal((await closed).code, 4403);
    await assert.rejects(drained(stream), ({ code }) => code === 4403);
    await assert.rejects(one(socketClient(nadia.token), { query: "{ __typename }" }), ({ code }) => code === 4401);
  });

  const init = { type: "connection_init" };
  const subscribe = { id: "1", type: "subscribe", payload: { query: "{ __typename }" } };
  const stays = { ...subscribe, payload: { query: events, variables: { channel: channel.id } } };
  const known = { ...init, payload: { authorization: `Bearer ${yuki.token}` } };
  const misuses = [
    ["an operation before connection_init", [subscribe], 4401],
    ["a second connection_init", [init, init], 4429],
    ["the id of an open subscription", [known, stays, stays], 4409],
    ["what is no message", ["{"], 4400],
    ["a message of no known type", [init, { type: "hello" }], 4400],
  ];
  for (const [what, messages, code] of misuses) {
    await step(`${what} closes with ${code}`, async () => {
      const end = await raw(messages).closed;
      assert.equal(end.code, code, end.reason);
    });
  }

  await step("only graphql-transport-ws is spoken", async () => {
    assert.equal((await raw([], []).closed).code, 4406);
    await assert.rejects(raw([], "graphql-ws").closed, /no subprotocol/);
  });
});

// one returns the answer to an operation, or fails as the client does.
async function one(client, payload) {
  for await (const answer of client.iterate(payload)) return answer;
}

// posted returns the next message of a stream of events.
async function posted(stream) {
  for (;;) {
    const { value } = await stream.next();
    if (value.data.channelEvents.message) return value.data.channelEvents.message;
  }
}

// drained reads a stream to its end.
async function drained(stream) {
  while (!(await stream.next()).done);
}

// frames collects the frames of a type that arrive from now on.
function frames(client, type) {
  const seen = [];
  client.on("message", (message) => message.type === type && seen.push(message));
  return () => seen;
}

// refusal matches the errors by which a server refuses an operation.
const refusal = (code) => (errors) => Array.isArray(errors) && errors[0].extensions.code === code && Boolean(errors[0].extensions.requestId);
