// Who is signed in. The tokens live in sessionStorage: they end with the browser
// tab, and they are never part of an address.
import { ask, ApiError, describe, userErrorText } from "./api.js";
import { createStore } from "./store.js";

const KEY = "karnak.session";
const SESSION = "session { id accessToken refreshToken expiresAt }";
const SIGN_IN = `mutation SignIn($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) { ${SESSION} user { id displayName email } userErrors { message } }
}`;
const REFRESH = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { ${SESSION} userErrors { message } }
}`;
const SIGN_OUT = "mutation SignOut { signOut(input: {}) { endedSessions userErrors { message } } }";
const WHO = "query WhoAmI { viewer { user { id displayName email } } }";

export const session = createStore({ tokens: null, user: null, fresh: false, busy: false, error: "", notice: "" });

// Tabs of one browser that were duplicated share a session; one of them
// refreshes and tells the others, since an old refresh token ends the session.
const channel = new BroadcastChannel(KEY);
channel.onmessage = ({ data }) => {
  if (data.id === session.get().tokens?.id) keep(data);
};

let timer;

function keep(tokens, more = {}) {
  session.set({ tokens, ...more });
  const { user } = session.get();
  sessionStorage.setItem(KEY, JSON.stringify({ tokens, user }));
  clearTimeout(timer);
  const left = Date.parse(tokens.expiresAt) - Date.now();
  const early = Math.min(60_000, left * 0.2);
  timer = setTimeout(() => refresh().catch(() => {}), Math.max(1_000, left - early));
}

function forget(notice = "") {
  clearTimeout(timer);
  sessionStorage.removeItem(KEY);
  session.set({ tokens: null, user: null, busy: false, error: "", notice });
}

export async function signIn(email, password) {
  session.set({ busy: true, error: "", notice: "" });
  try {
    const { signIn: payload } = await ask(SIGN_IN, { email, password });
    const fault = userErrorText(payload);
    if (fault) throw new ApiError(fault);
    keep(payload.session, { user: payload.user, fresh: true, busy: false });
  } catch (error) {
    session.set({ busy: false, error: describe(error) });
  }
}

export async function signOut() {
  const token = session.get().tokens?.accessToken;
  session.set({ busy: true });
  try {
    await ask(SIGN_OUT, {}, token);
    forget("Signed out.");
  } catch (error) {
    forget(`Signed out here. The server did not confirm it: ${describe(error)}`);
  }
}

let refreshing = null;

// refresh trades the refresh token for a new pair, once for all who ask.
export function refresh() {
  refreshing ??= navigator.locks
    ? navigator.locks.request(KEY, trade).finally(() => (refreshing = null))
    : trade().finally(() => (refreshing = null));
  return refreshing;
}

async function trade() {
  const { tokens } = session.get();
  if (!tokens) return "";
  let payload;
  try {
    ({ refreshSession: payload } = await ask(REFRESH, { refreshToken: tokens.refreshToken }));
  } catch (error) {
    if (error.code === "UNREACHABLE" || error.code === "BAD_ANSWER" || error.code === "UNAVAILABLE") {
      clearTimeout(timer);
      timer = setTimeout(() => refresh().catch(() => {}), 5_000);
    } else {
      forget(`Your session has ended: ${describe(error)}`);
    }
    throw error;
  }
  const fault = userErrorText(payload);
  if (fault) {
    forget(`Your session has ended: ${fault}`);
    throw new ApiError(fault, { code: "UNAUTHENTICATED" });
  }
  keep(payload.session);
  channel.postMessage(payload.session);
  return payload.session.accessToken;
}

// accessToken gives a token that is good for a while yet, or "".
export async function accessToken() {
  const { tokens } = session.get();
  if (!tokens) return "";
  if (Date.parse(tokens.expiresAt) - Date.now() > 5_000) return tokens.accessToken;
  return refresh().catch(() => session.get().tokens?.accessToken ?? "");
}

// adopt signs the page in with tokens that an operation of the user's returned.
export async function adopt(tokens, user) {
  keep(tokens, { user: user ?? session.get().user, fresh: true, error: "", notice: "" });
  if (!user?.displayName) await whoAmI();
}

async function whoAmI() {
  const data = await ask(WHO, {}, await accessToken());
  if (!data.viewer) throw new ApiError("the server no longer knows it", { code: "UNAUTHENTICATED" });
  keep(session.get().tokens, { user: data.viewer.user });
}

// restore takes up the session that a reload left behind.
export async function restore() {
  const saved = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (!saved?.tokens) return;
  keep(saved.tokens, { user: saved.user });
  try {
    await whoAmI();
  } catch (error) {
    if (error.code !== "UNAUTHENTICATED" || !session.get().tokens) return;
    try {
      await refresh();
      await whoAmI();
    } catch {
      if (session.get().tokens) forget("Your session has ended. Sign in again.");
    }
  }
}
