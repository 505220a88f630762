// Where the signed-in user is: their workspaces, the channels of the chosen one,
// and the choice itself, from which the tabs' variables are filled.
import { ask, describe } from "./api.js";
import { config } from "./config.js";
import { accessToken, session } from "./session.js";
import { createStore } from "./store.js";

const KEY = "karnak.place";
const EMPTY = { members: [], channels: [], workspaceId: "", channelId: "", conversationId: "", generationId: "", toolInvocationId: "", userId: "", error: "", revision: 0 };

const MEMBERSHIPS = `query Memberships {
  viewer { memberships(first: 50) { nodes { role owner workspace { id } } } }
  workspaces(first: 50) { nodes { id name slug tier personal } }
}`;
const CHANNELS = `query Channels($id: ID!) {
  workspace(id: $id) { channels(first: 50) { nodes { id name visibility lastSeq } } }
}`;

export const places = createStore(EMPTY);

let asked = 0;

// load fetches everything anew for the signed-in user; force fills the variables
// of all tabs, otherwise only those that are empty.
export async function load(force) {
  const turn = ++asked;
  const { id: userId = "", email } = session.get().user ?? {};
  const home = config.demoUsers.find((one) => one.email === email)?.workspace;
  const saved = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  try {
    const data = await ask(MEMBERSHIPS, {}, await accessToken());
    if (turn !== asked) return;
    const members = data.workspaces.nodes.map((workspace) => membership(workspace, data.viewer.memberships.nodes));
    const first =
      members.find((one) => one.workspace.id === saved.workspaceId) ??
      members.find((one) => one.workspace.slug === home) ??
      members.find((one) => !one.workspace.personal) ??
      members[0];
    places.set({ ...EMPTY, members, userId, revision: places.get().revision });
    if (first) await chooseWorkspace(first.workspace.id, { force, channelId: saved.channelId });
  } catch (error) {
    if (turn === asked) places.set({ ...EMPTY, userId, error: describe(error), revision: places.get().revision });
  }
}

// membership is the user's place in a workspace; a superAdmin sees those they do not belong to as well.
function membership(workspace, memberships) {
  const own = memberships.find((one) => one.workspace.id === workspace.id);
  return { workspace, role: own?.role ?? "superAdmin", owner: own?.owner ?? false };
}

export async function chooseWorkspace(workspaceId, { force = true, channelId = "" } = {}) {
  const turn = ++asked;
  places.set({ workspaceId, channels: [], error: "" });
  try {
    const data = await ask(CHANNELS, { id: workspaceId }, await accessToken());
    if (turn !== asked) return;
    const channels = data.workspace?.channels.nodes ?? [];
    places.set({ channels });
    const first =
      channels.find((one) => one.id === channelId) ?? channels.find((one) => one.name === "general") ?? channels[0];
    chooseChannel(first?.id ?? "", { force });
  } catch (error) {
    if (turn === asked) places.set({ error: describe(error) });
  }
}

export function chooseChannel(channelId, { force = true } = {}) {
  const { workspaceId, revision } = places.get();
  places.set({ channelId, force, revision: revision + 1 });
  sessionStorage.setItem(KEY, JSON.stringify({ workspaceId, channelId }));
}

export function leave() {
  asked += 1;
  places.set({ ...EMPTY, revision: places.get().revision });
}

// known are the variables that the page can fill by itself.
export function known() {
  const { workspaceId, channelId, conversationId, generationId, toolInvocationId, userId } = places.get();
  return { workspaceId, channelId, conversationId, generationId, toolInvocationId, subjectId: userId, objectId: workspaceId };
}

// learn takes the ids of what an answer says was begun: the tabs that go on from there are filled with them.
export function learn(data) {
  let news = null;
  for (const payload of Object.values(data ?? {})) {
    if (payload?.conversation?.id) news = { ...news, conversationId: payload.conversation.id };
    if (payload?.generation?.id) news = { ...news, generationId: payload.generation.id };
    if (payload?.invocation?.id) news = { ...news, toolInvocationId: payload.invocation.id };
  }
  if (news) places.set({ ...news, force: true, revision: places.get().revision + 1 });
}

// fill puts the known ids into a tab's variables where its document declares them.
// A value that is already there stays, unless force says otherwise.
export function fill(query, text, force) {
  let variables;
  try {
    variables = JSON.parse(text || "{}");
  } catch {
    return text;
  }
  let changed = false;
  for (const [name, value] of Object.entries(known())) {
    const declared = new RegExp(`\\$${name}\\s*:`).test(query ?? "");
    if (!declared || !value || variables[name] === value) continue;
    if (variables[name] && !force) continue;
    variables[name] = value;
    changed = true;
    if ((name === "channelId" || name === "generationId" || name === "toolInvocationId") && variables.after) variables.after = null;
    if (name === "channelId" && variables.before) variables.before = null;
  }
  return changed ? JSON.stringify(variables, null, 2) : text;
}
