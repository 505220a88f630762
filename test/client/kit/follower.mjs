// A subscriber with @apollo/client who remembers the last cursor and subscribes again after it whenever the connection ends.
import { CombinedGraphQLErrors } from "@apollo/client";
import { up } from "./server.mjs";

const patience = 60_000;

export class Follower {
  events = [];
  resumed = 0;
  #waiting = [];
  #stopped = false;
  #failure;

  constructor(person, query, variables) {
    this.person = person;
    this.query = query;
    this.variables = variables;
    this.cursor = variables.after;
    this.#subscribe();
  }

  #subscribe() {
    const variables = { ...this.variables, after: this.cursor };
    this.subscription = this.person.client.subscribe({ query: this.query, variables, fetchPolicy: "no-cache" }).subscribe({
      next: ({ data, error }) => (error ? this.#ended(error) : this.#next(data)),
      error: (error) => this.#ended(error),
      complete: () => this.#ended(new Error("the server ended the stream")),
    });
  }

  #next(data) {
    const [event] = Object.values(data);
    this.events.push(event);
    this.cursor = event.cursor;
    this.#wake();
  }

  async #ended(error) {
    if (this.#stopped || this.#failure) return;
    this.subscription?.unsubscribe();
    if (CombinedGraphQLErrors.is(error)) return this.#fail(error);
    await up();
    this.resumed++;
    this.#subscribe();
  }

  #fail(error) {
    this.#failure = error;
    this.#wake();
  }

  #wake() {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  get messages() {
    return this.events.filter(({ __typename }) => __typename === "MessagePosted").map(({ message }) => message);
  }

  // until resolves when a condition on the events holds; it fails with the stream, or when that takes too long.
  async until(holds) {
    const late = setTimeout(() => this.#fail(new Error(`nothing more came after ${JSON.stringify(this.events.at(-1))}`)), patience);
    try {
      while (!holds(this)) {
        if (this.#failure) throw this.#failure;
        await new Promise((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      clearTimeout(late);
    }
  }

  // message resolves when the message of a number, or a later one, is there.
  async message(seq) {
    await this.until(() => (this.newest?.seq ?? 0) >= seq);
  }

  get newest() {
    return this.events.findLast(({ __typename }) => __typename === "MessagePosted")?.message;
  }

  cut() {
    this.person.cut();
  }

  stop() {
    this.#stopped = true;
    this.subscription.unsubscribe();
  }
}
