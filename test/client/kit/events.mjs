// Clients of server-sent events: a plain EventSource, and graphql-sse.
import { EventSource } from "eventsource";
import { createClient } from "graphql-sse";
import { url } from "./server.mjs";

const patience = 60_000;

// eventClient is graphql-sse with a token.
export const eventClient = (token, options = {}) => createClient({ url, headers: { authorization: `Bearer ${token}` }, ...options });

// Source is a plain EventSource on a subscription: it connects again by itself, and knows no GraphQL.
export class Source {
  events = [];
  opened = 0;
  completed = false;
  #waiting = [];

  constructor(token, query, variables) {
    const address = `${url}?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`;
    const authorized = (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
    this.source = new EventSource(address, { fetch: authorized });
    this.source.addEventListener("open", () => this.opened++);
    this.source.addEventListener("next", ({ data, lastEventId }) => {
      this.events.push({ ...JSON.parse(data), lastEventId });
      this.#wake();
    });
    this.source.addEventListener("complete", () => {
      this.completed = true;
      this.source.close();
      this.#wake();
    });
  }

  #wake() {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  get messages() {
    return this.events.map(({ data }) => data?.channelEvents.message).filter(Boolean);
  }

  // until resolves when a condition holds; it fails when that takes too long.
  async until(holds) {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, patience);
    try {
      while (!holds(this)) {
        if (late) throw new Error(`nothing more came after ${JSON.stringify(this.events.at(-1))}`);
        await new Promise((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  // message resolves when the message of a number, or a later one, is there.
  async message(seq) {
    await this.until(() => (this.messages.at(-1)?.seq ?? 0) >= seq);
  }

  stop() {
    this.source.close();
  }
}
