// Writers under load, who outlive the server.
import { randomUUID } from "node:crypto";
import { CombinedGraphQLErrors } from "@apollo/client";
import { send } from "./chat.mjs";
import { up } from "./server.mjs";

// write sends bodies over several lanes at once and returns when all are acknowledged. A lane whose request fails waits for
// the server and sends again under the same key.
export async function write({ people, channelId, ledger, label, count = Infinity, lanes = 64, until }) {
  let next = 0;
  let stopped = false;
  until?.then(() => {
    stopped = true;
  });
  const lane = async (person) => {
    while (!stopped && next < count) {
      const body = `${label} ${next++}`;
      ledger.attempt(body);
      ledger.acknowledge((await surely(person, channelId, body)).message);
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, i) => lane(people[i % people.length])));
}

async function surely(person, channelId, body) {
  const key = randomUUID();
  for (;;) {
    try {
      return await send(person, channelId, body, key);
    } catch (error) {
      if (CombinedGraphQLErrors.is(error) || error.code === "ERR_ASSERTION") throw error;
      await up();
    }
  }
}
