// Server-sent events: an EventSource and graphql-sse, which are cut by SIGTERM and by SIGKILL and see each event once.
import assert from "node:assert/strict";
import test from "node:test";
import { print } from "graphql";
import { EVENTS, HEAD, openChannel, send, signIn, SIGN_OUT } from "./kit/chat.mjs";
import { eventClient, Source } from "./kit/events.mjs";
import { Ledger } from "./kit/ledger.mjs";
import { drain, kill, start, up } from "./kit/server.mjs";
import { write } from "./kit/writer.mjs";

const [events, head] = [EVENTS, HEAD].map(print);

test("server-sent events", { timeout: 170_000 }, async (t) => {
  const [ada, mo] = await Promise.all(["ada", "mo"].map(signIn));
  t.after(() => [ada, mo].forEach((person) => person.close()));
  const step = (name, work) => t.test(name, { timeout: 100_000 }, work);

  await step("graphql-sse asks queries", async () => {
    const channel = await openChannel(ada, "sse");
    const client = eventClient(mo.token, { retryAttempts: 0 });
    const { data } = await one(client, { query: head, variables: { channel: channel.id } });
    assert.equal(data.node.id, channel.id);
    const { errors } = await one(client, { query: "{ nonsense }" });
    assert.equal(errors[0].extensions.code, "BAD_USER_INPUT");
  });

  await step("each event once, over SIGTERM and SIGKILL", async (t) => {
    const channel = await openChannel(ada, "sse");
    const variables = { channel: channel.id, after: channel.cursor };
    const source = new Source(mo.token, events, variables);
    const fetched = follow(eventClient(mo.token, { retryAttempts: 100, retry: up }), { query: events, variables: { ...variables } });
    t.after(() => [source, fetched].forEach((one) => one.stop()));
    const ledger = new Ledger();
    let finish;
    const until = new Promise((resolve) => {
      finish = resolve;
    });
    const written = write({ people: [ada, mo], channelId: channel.id, ledger, label: "sse", lanes: 8, until });
    await source.message(100);
    const { code, ms } = await drain();
    assert.equal(code, 0);
    assert.ok(ms < 10_000, `${ms} ms`);
    await start();
    await source.message(source.messages.at(-1).seq + 100);
    await kill();
    await start();
    await source.message(source.messages.at(-1).seq + 100);
    finish();
    await written;
    const total = ledger.acknowledged.size;
    await source.message(total);
    await fetched.message(total);
    t.diagnostic(`${total} messages, ${source.opened} connections`);
    assert.equal(source.opened, 3);
    ledger.check(source.messages, "the EventSource");
    ledger.check(fetched.messages, "graphql-sse");
    for (const { data, lastEventId } of source.events) assert.equal(lastEventId, data.channelEvents.cursor);
  });

  await step("what ends with the session is told, and completed", async (t) => {
    const nadia = await signIn("nadia");
    const channel = await openChannel(ada, "sse");
    const source = new Source(nadia.token, events, { channel: channel.id, after: channel.before });
    t.after(() => source.stop());
    await send(ada, channel.id, "still there");
    await source.message(1);
    await nadia.client.mutate({ mutation: SIGN_OUT });
    await source.until(({ completed }) => completed);
    assert.equal(source.events.at(-1).errors[0].extensions.code, "UNAUTHENTICATED");
    nadia.close();
  });
});

// one returns the answer to an operation.
async function one(client, payload) {
  for await (const answer of client.iterate(payload)) return answer;
}

// follow keeps a subscription of graphql-sse, which sends the variables of its last event when it connects again.
function follow(client, payload) {
  const messages = [];
  const waiting = [];
  let failure;
  const wake = () => waiting.splice(0).forEach((one) => one());
  const stop = client.subscribe(payload, {
    next: ({ data }) => {
      payload.variables.after = data.channelEvents.cursor;
      if (data.channelEvents.message) messages.push(data.channelEvents.message);
      wake();
    },
    error: (error) => {
      failure = error;
      wake();
    },
    complete: () => {},
  });
  return {
    messages,
    stop,
    async message(seq) {
      while ((messages.at(-1)?.seq ?? 0) < seq) {
        if (failure) throw failure;
        await new Promise((resolve) => waiting.push(resolve));
      }
    },
  };
}
