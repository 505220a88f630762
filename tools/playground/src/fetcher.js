// What GraphiQL calls to run an operation: HTTP for queries and mutations, the
// socket for subscriptions, with the session's token in both.
import { codeOf, send } from "./api.js";
import { operationOf } from "./operation.js";
import { learn } from "./places.js";
import { accessToken, adopt, refresh, session } from "./session.js";
import { follow } from "./stream.js";

// tabs knows which GraphiQL tab is in front; the page keeps it up to date.
export const tabs = { active: "", open: new Set() };

export async function fetcher(params, options = {}) {
  const headers = options.headers ?? {};
  const payload = { query: params.query, variables: params.variables, operationName: params.operationName ?? undefined };
  const operation = operationOf(params.query, params.operationName);
  if (operation?.operation === "subscription") return subscription(operation, payload, headers);
  return request(operation, payload, headers);
}

async function request(operation, payload, headers) {
  const run = async () => {
    const token = await accessToken();
    return send(payload, { ...(token && { authorization: `Bearer ${token}` }), ...headers });
  };
  try {
    let result = await run();
    if (codeOf(result) === "UNAUTHENTICATED" && session.get().tokens) {
      await refresh();
      result = await run();
    }
    takeOver(result);
    if (operation?.operation === "mutation") learn(result?.data);
    return result;
  } catch (error) {
    return { errors: [{ message: error.message, extensions: error.code ? { code: error.code } : undefined }] };
  }
}

// A sign-in run by hand in a tab signs the page in as well.
function takeOver(result) {
  for (const payload of Object.values(result?.data ?? {})) {
    if (payload?.session?.accessToken && payload.session.refreshToken && payload.session.expiresAt) {
      adopt(payload.session, payload.user).catch(() => {});
    }
  }
}

// GraphiQL stops a subscription when another tab comes to the front. Here it goes
// on in the panel below, so that one can subscribe in one tab and send in the next.
function subscription(operation, payload, headers) {
  return {
    subscribe(observer) {
      const home = tabs.active;
      let attached = true;
      const stream = follow({
        operation,
        payload,
        headers,
        observer: {
          next: (result) => attached && observer.next(result),
          complete: () => attached && observer.complete(),
        },
      });
      return {
        unsubscribe() {
          attached = false;
          setTimeout(() => {
            const moved = tabs.active !== home && tabs.open.has(home);
            if (!moved) stream.stop();
          }, 0);
        },
      };
    },
  };
}
