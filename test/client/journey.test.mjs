// A channel's life with @apollo/client: thousands of messages, readers who page and follow meanwhile, cut sockets, and a
// server that is killed. Whatever happens, everybody sees every acknowledged message once and in order.
import assert from "node:assert/strict";
import test from "node:test";
import { ACTIVITY, EVENTS, HEAD, openChannel, read, send, signIn } from "./kit/chat.mjs";
import { Follower } from "./kit/follower.mjs";
import { assertRow, Ledger } from "./kit/ledger.mjs";
import { backward, cached, forward } from "./kit/pages.mjs";
import { kill, start } from "./kit/server.mjs";
import { write } from "./kit/writer.mjs";

const crowd = 5000;
const cuts = 10;
const kills = 5;

test("a channel's life", { timeout: 330_000 }, async (t) => {
  const [ada, mo, priya, tomas, yuki, nadia] = await Promise.all(["ada", "mo", "priya", "tomas", "yuki", "nadia"].map(signIn));
  const everybody = [ada, mo, priya, tomas, yuki, nadia];
  t.after(() => everybody.forEach((person) => person.close()));
  const writers = [ada, mo, priya, tomas];
  const channel = await openChannel(ada, "journey");
  const ledger = new Ledger();
  const follower = new Follower(nadia, EVENTS, { channel: channel.id, after: channel.cursor });
  const watcher = new Follower(yuki, ACTIVITY, { workspace: channel.workspaceId, after: channel.before });
  t.after(() => [follower, watcher].forEach((one) => one.stop()));
  const writing = (label, more) => write({ people: writers, channelId: channel.id, ledger, label, ...more });

  // meanwhile has people write until something else is done.
  const meanwhile = async (label, work) => {
    let finish;
    const until = new Promise((resolve) => {
      finish = resolve;
    });
    const written = writing(label, { until, lanes: 16 });
    try {
      return await work();
    } finally {
      finish();
      await written;
    }
  };

  // step is a part of the test; the next ones need it.
  const step = async (name, work) => {
    let passed = false;
    await t.test(name, async (t) => {
      await work(t);
      passed = true;
    });
    assert.ok(passed, `it ended at: ${name}`);
  };

  await step("pages forward while 5,000 messages are written", async (t) => {
    const began = performance.now();
    const paging = forward(yuki, channel.id, crowd, ledger);
    await writing("crowd", { count: crowd });
    const written = performance.now();
    ledger.check(await paging, "the reader");
    await follower.message(crowd);
    ledger.check(follower.messages, "the follower");
    t.diagnostic(`${crowd} messages acknowledged in ${seconds(written - began)}, all read and followed after ${seconds(performance.now() - began)}`);
  });

  await step("pages through the 5,000 while more are written", async () => {
    const lists = await meanwhile("more", () => Promise.all([
      forward(yuki, channel.id, crowd, ledger),
      backward(mo, channel.id),
      cached(nadia, channel.id),
    ]));
    const known = await forward(yuki, channel.id, ledger.acknowledged.size, ledger);
    for (const [i, list] of lists.entries()) {
      const who = ["forward", "backward", "in Apollo's cache"][i];
      assert.ok(list.length >= crowd, `${who}: ${list.length} messages`);
      assert.deepEqual(list.map(essence), known.slice(0, list.length).map(essence), who);
    }
  });

  await step("a snapshot and what follows it are the whole", async () => {
    const { node: head } = await read(tomas.client, HEAD, { channel: channel.id });
    const late = new Follower(tomas, EVENTS, { channel: channel.id, after: head.cursor });
    ledger.attempt("hello");
    const { message, cursor } = await send(priya, channel.id, "hello");
    ledger.acknowledge(message);
    await late.until(({ events }) => events.length > 0);
    late.stop();
    assert.deepEqual(late.messages.map(essence), [essence(message)]);
    assert.equal(message.seq, head.lastSeq + 1);
    assert.equal(late.cursor, cursor, "the echo has the cursor of the mutation");
  });

  await step(`${cuts} cut sockets lose nothing`, async () => {
    const resumed = follower.resumed;
    await meanwhile("cut", async () => {
      for (let i = 0; i < cuts; i++) {
        const seen = follower.events.length;
        await follower.until(({ events }) => events.length > seen + 20);
        follower.cut();
        if (i % 2) watcher.cut();
      }
      await follower.until(() => follower.resumed === resumed + cuts);
      await follower.message(follower.newest.seq + 20);
    });
    await follower.message(ledger.acknowledged.size);
    ledger.check(follower.messages, "the follower");
  });

  await step(`a server killed ${kills} times loses nothing`, async (t) => {
    for (let i = 0; i < kills; i++) {
      await meanwhile(`kill ${i}`, async () => {
        await follower.message(follower.newest.seq + 300);
        await ledger.changed();
        await kill();
        const began = performance.now();
        await start();
        await follower.message(follower.newest.seq + 100);
        t.diagnostic(`followed on ${seconds(performance.now() - began)} after the kill`);
      });
    }
  });

  await step("everybody saw the same", async (t) => {
    const total = ledger.acknowledged.size;
    assert.equal(total, ledger.attempted.size, "every attempt was acknowledged in the end");
    const { node: head } = await read(yuki.client, HEAD, { channel: channel.id });
    ledger.check(await forward(yuki, channel.id, head.lastSeq, ledger), "the reader");
    assert.equal(head.lastSeq, total);
    await follower.message(total);
    ledger.check(follower.messages, "the follower");
    ledger.check(await backward(mo, channel.id), "the reader backwards");
    const late = new Follower(ada, EVENTS, { channel: channel.id, after: channel.cursor });
    await late.message(total);
    late.stop();
    assert.deepEqual(late.events, follower.events, "who comes late is told the same events");
    const last = BigInt(follower.events.at(-1).seq);
    await watcher.until(({ events }) => BigInt(events.at(-1).seq) >= last);
    assertRow(watcher.events, Number(watcher.events[0].seq), "the workspace's log");
    assert.equal(watcher.events.filter(({ type }) => type === "chat.message.posted").length, total);
    t.diagnostic(`${total} messages; the follower resumed ${follower.resumed} times, the watcher ${watcher.resumed} times`);
  });
});

const essence = ({ id, seq, body }) => ({ id, seq, body });
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
