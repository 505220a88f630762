// A subscription that survives its socket. It remembers the cursor of the last
// event, and after a cut it subscribes again with `after` set to that cursor: the
// server then sends what was missed, once and in order, and goes on live.
import { createClient } from "graphql-ws";
import { send } from "./api.js";
import { socketURL } from "./config.js";
import { headQuery, resumePlan } from "./operation.js";
import { accessToken, refresh } from "./session.js";
import { createStore } from "./store.js";

const IDLE = { state: "idle", name: "", events: [], count: 0, said: "", cursor: "", resumed: null, retryIn: 0, message: "", missing: "" };
const KEPT = 200;

// A connection that held this long, in milliseconds, starts the waiting anew.
const STEADY = 5_000;

// live is what the panel below the answer shows.
export const live = createStore(IDLE);

const UNAUTHORIZED = 4401;
const FINAL = new Set([1009, 4400, UNAUTHORIZED, 4403, 4406, 4409, 4429, 4500]);

// Refusals of a subscription that pass by themselves.
const LATER = new Set(["UNAVAILABLE", "THROTTLED"]);

let current = null;

// follow starts a stream in the place of the one before; it returns its stop.
export function follow({ operation, payload, headers, observer }) {
  current?.stop("idle");
  const stream = createStream({ operation, payload, headers, observer });
  current = stream;
  return stream;
}

export const stopLive = () => current?.stop("stopped");
export const clearLive = () => live.set({ events: [], count: 0, said: "", resumed: null });

function createStream({ operation, payload, headers, observer }) {
  const plan = resumePlan(operation);
  const variables = { ...payload.variables };
  let client = null;
  let ended = false;
  let attempt = 0;
  let openedAt = 0;
  let renewed = false;
  let used = "";
  let timer;
  let head = null;
  let lastSeq = "";

  live.set({ ...IDLE, state: "connecting", name: operation.name?.value ?? plan.key, missing: plan.missing });

  function end(state, message = "") {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    window.removeEventListener("online", wake);
    client?.dispose();
    live.set({ state, message, retryIn: 0 });
  }

  function fail(result, message) {
    if (ended) return;
    end("failed", message);
    observer.next(result);
    observer.complete();
  }

  function next(result) {
    attempt = 0;
    renewed = false;
    observer.next(result);
    const event = result.data?.[plan.key];
    const before = live.get();
    const entry = { at: new Date(), event, errors: result.errors };
    if (event?.cursor) {
      live.set({ cursor: event.cursor });
      lastSeq = event.seq ?? "";
    }
    const resumed = before.resumed && { ...before.resumed, count: before.resumed.count + 1 };
    const said = before.said + (event?.__typename === "TextDelta" ? (event.text ?? "") : "");
    live.set({ state: "live", events: [...before.events.slice(1 - KEPT), entry], count: before.count + 1, said, resumed });
  }

  function cut(error) {
    if (ended) return;
    const refused = Array.isArray(error);
    const code = refused ? error[0]?.extensions?.code : error?.code;
    const reason = refused ? error.map((one) => one.message).join(" ") : closeText(error);
    if ((code === UNAUTHORIZED || code === "UNAUTHENTICATED") && !renewed) {
      renewed = true;
      renew().then(retryNow, () => fail(asResult(error, reason), `Sign in again: ${reason}`));
    } else if (refused ? !LATER.has(code) : FINAL.has(code)) {
      fail(asResult(error, reason), reason);
    } else {
      retryLater(reason);
    }
  }

  // The token may have been renewed since the socket was opened with the old one.
  async function renew() {
    if ((await accessToken()) === used) await refresh();
  }

  function retryLater(reason) {
    if (openedAt && Date.now() - openedAt > STEADY) attempt = 0;
    openedAt = 0;
    attempt += 1;
    const wait = Math.min(10_000, 300 * 2 ** Math.min(attempt, 6)) * (0.75 + Math.random() / 2);
    live.set({ state: "waiting", retryIn: Date.now() + wait, message: reason });
    timer = setTimeout(retryNow, wait);
  }

  function wake() {
    if (live.get().state === "waiting") retryNow();
  }

  function retryNow() {
    clearTimeout(timer);
    if (ended) return;
    const after = live.get().cursor || head;
    if (after && plan.variable) variables[plan.variable] = after;
    connect(after && plan.variable ? { after, seq: lastSeq, count: 0 } : null);
  }

  function connect(resumed) {
    live.set({ state: "connecting", retryIn: 0 });
    client?.dispose();
    const mine = createClient({
      url: socketURL(),
      retryAttempts: 0,
      connectionAckWaitTimeout: 10_000,
      connectionParams: async () => {
        const own = Object.entries(headers).find(([name]) => name.toLowerCase() === "authorization");
        const token = await accessToken();
        used = token;
        return own ? { authorization: own[1] } : token ? { authorization: `Bearer ${token}` } : {};
      },
      on: {
        connected: () => {
          if (ended || client !== mine) return;
          openedAt = Date.now();
          live.set({ state: "live", message: "", resumed: resumed ?? live.get().resumed });
        },
      },
    });
    client = mine;
    mine.subscribe(
      { ...payload, variables: { ...variables } },
      {
        next: (result) => !ended && client === mine && next(result),
        error: (error) => client === mine && cut(error),
        complete() {
          if (ended || client !== mine) return;
          end("ended", "The server ended the stream.");
          observer.complete();
        },
      },
    );
  }

  // Without an event there is no cursor yet; the head of the log, read before the
  // start, stands in for it, so that even a cut before the first event loses nothing.
  async function start() {
    const question = plan.missing || variables[plan.variable] ? null : headQuery(operation, variables);
    if (question) {
      const token = await accessToken();
      const result = await send(question, { ...(token && { authorization: `Bearer ${token}` }), ...headers }).catch(() => null);
      head = result?.data?.node?.cursor ?? null;
    }
    if (!ended) connect(null);
  }

  window.addEventListener("online", wake);
  start();
  return {
    stop(state = "stopped") {
      end(state);
    },
    get ended() {
      return ended;
    },
  };
}

// closeText tells why a connection ended. 1005 and 1006 only say that nothing was said.
function closeText(error) {
  if (typeof error?.code !== "number") return error?.message ?? "The connection failed.";
  const details = [error.code !== 1005 && error.code !== 1006 && error.code, error.reason].filter(Boolean).join(" ");
  return details ? `The connection was closed (${details}).` : "The connection is gone.";
}

const asResult = (error, message) => ({ errors: Array.isArray(error) ? error : [{ message }] });
