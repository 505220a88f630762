// Proves that the nodes given on the command line are one system: what is written on the first is read on the last, and
// arrives once and in order at a subscription there.
//
//   node tools/smoke.mjs http://localhost:8081 http://localhost:8082
import { randomUUID } from "node:crypto";
import { strict as assert } from "node:assert";

const nodes = process.argv.slice(2);
assert.ok(nodes.length > 0, "usage: node smoke.mjs URL [URL…]");
const [first, last] = [nodes[0], nodes.at(-1)];
const patience = 15_000;
const count = 20;

async function ask(node, query, variables = {}, token) {
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json, application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  const response = await fetch(`${node}/graphql`, {
    method: "POST", headers, body: JSON.stringify({ query, variables }), signal: AbortSignal.timeout(patience),
  });
  const answer = await response.json();
  assert.equal(answer.errors, undefined, `${node}: ${JSON.stringify(answer.errors)}`);
  return answer.data;
}

async function change(node, name, selection, input, token) {
  const title = name[0].toUpperCase() + name.slice(1);
  const data = await ask(node, `mutation($input: ${title}Input!) { ${name}(input: $input) { ${selection} userErrors { code message } } }`, { input }, token);
  assert.deepEqual(data[name].userErrors, [], name);
  return data[name];
}

// follow resolves to { next, close } once the subscription has been asked for; next resolves to the following event.
function follow(node, token, query, variables) {
  const socket = new WebSocket(`${node.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
  const events = [], waiting = [];
  let fail;
  const failed = new Promise((_, reject) => { fail = reject; });
  failed.catch(() => {});
  const send = (message) => socket.send(JSON.stringify(message));
  socket.onopen = () => send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
  socket.onerror = () => fail(new Error(`${node}: the socket failed`));
  socket.onclose = ({ code, reason }) => fail(new Error(`${node}: closed with ${code} ${reason}`));
  const acknowledged = new Promise((resolve) => {
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      switch (message.type) {
        case "connection_ack":
          send({ id: "1", type: "subscribe", payload: { query, variables } });
          resolve();
          break;
        case "ping":
          send({ type: "pong" });
          break;
        case "next":
          if (message.payload.errors) fail(new Error(JSON.stringify(message.payload.errors)));
          else (waiting.shift() ?? ((event) => events.push(event)))(message.payload.data);
          break;
        case "error":
        case "complete":
          fail(new Error(`${node}: ${data}`));
      }
    };
  });
  const timely = (promise, what) => {
    let timer;
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${node}: no ${what} in time`)), patience); });
    return Promise.race([promise, failed, late]).finally(() => clearTimeout(timer));
  };
  const next = () => timely(events.length ? Promise.resolve(events.shift()) : new Promise((resolve) => waiting.push(resolve)), "event");
  return timely(acknowledged, "acknowledgement").then(() => ({ next, close: () => { socket.onclose = null; socket.close(1000); } }));
}

for (const node of nodes) {
  const { serverInfo } = await ask(node, "{ serverInfo { version backends { database bus } } }");
  console.log(`${node}: karnak ${serverInfo.version} on ${serverInfo.backends.database} and ${serverInfo.backends.bus}`);
}

const { session, workspace } = await change(first, "signUp", "session { accessToken } workspace { id }", {
  email: `smoke-${randomUUID()}@example.com`, password: randomUUID(), displayName: "Smoke",
});
const token = session.accessToken;
const { channel, cursor } = await change(first, "createChannel", "channel { id } cursor", { workspaceId: workspace.id, name: "smoke", visibility: "PUBLIC" }, token);

const subscription = await follow(last, token,
  `subscription($channelId: ID!, $after: Cursor) { channelEvents(channelId: $channelId, after: $after) { __typename ... on MessagePosted { message { seq body } } } }`,
  { channelId: channel.id, after: cursor });
const bodies = Array.from({ length: count }, (_, i) => `message ${i + 1}`);
for (const [i, body] of bodies.entries()) {
  await change(nodes[i % nodes.length], "sendMessage", "message { seq }", { channelId: channel.id, body }, token);
}
const received = [];
while (received.length < count) {
  const { channelEvents } = await subscription.next();
  if (channelEvents.__typename === "MessagePosted") received.push(channelEvents.message);
}
subscription.close();
assert.deepEqual(received, bodies.map((body, i) => ({ seq: i + 1, body })), "each message once and in order");

const { node } = await ask(last, "query($id: ID!) { node(id: $id) { ... on Channel { lastSeq messages(first: 100) { totalCount } } } }", { id: channel.id }, token);
assert.deepEqual(node, { lastSeq: count, messages: { totalCount: count } });
console.log(`ok: ${count} messages over ${nodes.length} nodes, each once and in order`);
