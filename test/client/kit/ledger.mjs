// What was tried, what was acknowledged, what arrived; and the check that they fit together.
import assert from "node:assert/strict";

export class Ledger {
  attempted = new Set();
  acknowledged = new Map();
  #waiting = [];

  attempt(body) {
    assert.ok(!this.attempted.has(body), `${body} is tried twice`);
    this.attempted.add(body);
  }

  acknowledge({ id, seq, body }) {
    this.acknowledged.set(body, { id, seq });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  // changed resolves at the next acknowledgement.
  changed() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  // check holds a list of messages, from the first one on, against the ledger: numbered 1 to n, each once, nothing that was
  // not tried, and everything that was acknowledged.
  check(received, who) {
    assertRow(received, 1, who);
    assert.equal(new Set(received.map(({ id }) => id)).size, received.length, `${who}: an id came twice`);
    const bodies = new Map(received.map((message) => [message.body, message]));
    assert.equal(bodies.size, received.length, `${who}: a message is there twice`);
    for (const body of bodies.keys()) assert.ok(this.attempted.has(body), `${who}: nobody sent ${body}`);
    for (const [body, { id, seq }] of this.acknowledged) {
      const message = bodies.get(body);
      assert.ok(message, `${who}: ${body} was acknowledged with number ${seq} and is lost`);
      assert.deepEqual({ id: message.id, seq: message.seq }, { id, seq }, `${who}: ${body} is another message`);
    }
  }
}

// assertRow tells whether messages or events are numbered without holes from a number on, in order.
export function assertRow(list, from, who) {
  for (const [i, { seq }] of list.entries()) {
    assert.equal(Number(seq), from + i, `${who}: at place ${i}, after ${list[i - 1]?.seq}`);
  }
}
