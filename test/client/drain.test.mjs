// SIGTERM: sockets close with a code that lets clients resume, nothing acknowledged is lost, and the process ends soon.
import assert from "node:assert/strict";
import test from "node:test";
import { EVENTS, openChannel, signIn } from "./kit/chat.mjs";
import { Follower } from "./kit/follower.mjs";
import { Ledger } from "./kit/ledger.mjs";
import { forward } from "./kit/pages.mjs";
import { raw } from "./kit/raw.mjs";
import { drain, start } from "./kit/server.mjs";
import { write } from "./kit/writer.mjs";

const patience = 10_000;

test("a server that is told to end", { timeout: 110_000 }, async (t) => {
  const [ada, mo, yuki] = await Promise.all(["ada", "mo", "yuki"].map(signIn));
  t.after(() => [ada, mo, yuki].forEach((person) => person.close()));
  const channel = await openChannel(ada, "drain");
  const ledger = new Ledger();
  const follower = new Follower(yuki, EVENTS, { channel: channel.id, after: channel.cursor });
  t.after(() => follower.stop());
  let finish;
  const until = new Promise((resolve) => {
    finish = resolve;
  });
  const written = write({ people: [ada, mo], channelId: channel.id, ledger, label: "drain", lanes: 16, until });
  await follower.message(200);
  const idle = raw([{ type: "connection_init" }]);
  await idle.opened;

  const { code, ms } = await drain();
  t.diagnostic(`ended with ${code} after ${ms} ms`);
  assert.equal(code, 0);
  assert.ok(ms < patience, `${ms} ms`);
  const end = await idle.closed;
  assert.equal(end.code, 1012, end.reason);

  await start();
  await follower.message(follower.newest.seq + 100);
  finish();
  await written;
  const total = ledger.acknowledged.size;
  assert.equal(total, ledger.attempted.size, "every attempt was acknowledged in the end");
  await follower.message(total);
  assert.equal(follower.resumed, 1);
  ledger.check(follower.messages, "the follower");
  ledger.check(await forward(mo, channel.id, total, ledger), "the reader");
});
