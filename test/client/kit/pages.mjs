// Readers who page through a channel, each in the way of another application.
import { PAGE, read } from "./chat.mjs";

const size = 100;

// forward follows endCursor until it has `count` messages; at the end of the list it waits for more to be acknowledged.
export async function forward({ client }, channelId, count, ledger) {
  const messages = [];
  let after = null;
  while (messages.length < count) {
    const more = ledger.changed();
    const { node } = await read(client, PAGE, { channel: channelId, first: size, after });
    messages.push(...node.messages.edges.map((edge) => edge.node));
    const { endCursor, hasNextPage } = node.messages.pageInfo;
    after = endCursor ?? after;
    if (!hasNextPage && messages.length < count) await more;
  }
  return messages;
}

// backward follows startCursor from the newest message to the first.
export async function backward({ client }, channelId) {
  let messages = [];
  let before = null;
  for (;;) {
    const { node } = await read(client, PAGE, { channel: channelId, last: size, before });
    messages = [...node.messages.edges.map((edge) => edge.node), ...messages];
    if (!node.messages.pageInfo.hasPreviousPage) return messages;
    before = node.messages.pageInfo.startCursor;
  }
}

// cached lets Apollo do it: fetchMore and the cache's relayStylePagination, until the list ends.
export async function cached({ client }, channelId) {
  const list = client.watchQuery({ query: PAGE, variables: { channel: channelId, first: size } });
  let shown;
  const watching = list.subscribe(({ data, loading }) => {
    if (!loading) shown?.(data);
  });
  try {
    let { messages } = (await new Promise((resolve) => (shown = resolve))).node;
    while (messages.pageInfo.hasNextPage) {
      messages = (await list.fetchMore({ variables: { after: messages.pageInfo.endCursor } })).data.node.messages;
    }
    return client.readQuery({ query: PAGE, variables: { channel: channelId, first: size } }).node.messages.edges.map((edge) => edge.node);
  } finally {
    watching.unsubscribe();
  }
}
