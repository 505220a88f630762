// Uses the page at / of a running karnak as a person would, in headless Chromium:
// signs in, runs every tab, subscribes in one page and sends from another, cuts the
// socket and looks for what was missed, comes and goes, and has a language model's
// stand-in answer and call a tool. Takes six screenshots: playground-start.png before signing in,
// playground-messages.png of a page of messages, playground.png of a stream,
// playground-presence.png of who is there, playground-answer.png of an answer,
// playground-tool.png of one whose model called a tool.
//
//   node shot.mjs http://localhost:8080 playground.png [email password]
//
// Without e-mail and password it picks the first demo users that the page offers.
// CHROMIUM names the browser; /usr/bin/chromium is the default.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const [base, shot = "playground.png", email, password] = process.argv.slice(2);
if (!base) {
  console.error("usage: node shot.mjs <base URL> [screenshot.png] [email password]");
  process.exit(2);
}

const profile = await mkdtemp(path.join(os.tmpdir(), "karnak-shot-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  viewport: { width: 1440, height: 900 },
  colorScheme: process.env.COLOR_SCHEME ?? "light",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
context.setDefaultTimeout(20_000);

const foreign = [];
const faults = [];
context.on("request", (request) => {
  const url = new URL(request.url());
  if (/^(http|ws)s?:$/.test(url.protocol) && url.host !== new URL(base).host) foreign.push(request.url());
});

// The page's own sockets, so that a cut can be made from here.
await context.addInitScript(() => {
  const Real = window.WebSocket;
  const open = new Set();
  let down = false;
  window.WebSocket = class extends Real {
    constructor(...args) {
      super(...args);
      open.add(this);
      if (down) this.close();
      this.addEventListener("close", () => open.delete(this));
    }
  };
  window.cutSockets = (stayDown) => {
    down = stayDown;
    for (const socket of open) socket.close(4000, "cut");
  };
});

async function visit() {
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  await page.goto(base, { waitUntil: "domcontentloaded" });
  const editor = page.locator(".graphiql-query-editor .monaco-editor");
  await editor.waitFor();
  assert.ok((await editor.boundingBox()).height > 150, "the page is laid out");
  return page;
}

const named = (suffix) => shot.replace(/(\.png)?$/, `-${suffix}.png`);

async function signIn(page, demo = 0) {
  if (email) {
    await page.locator("#kp-session input[name=email]").fill(email);
    await page.locator("#kp-session input[name=password]").fill(password);
    await page.locator("#kp-session button[type=submit]").click();
  } else {
    await page.locator("#kp-session .kp-demo button").nth(demo).click();
  }
  await page.getByTestId("who").waitFor();
  await page.waitForFunction(() => document.querySelector("[data-testid=channel]")?.value);
  assert.equal(new URL(page.url()).search + new URL(page.url()).hash, "", "nothing of the session is in the address");
}

async function show(page, title) {
  await page.locator(".graphiql-tab button", { hasText: new RegExp(`^${title}$`) }).click();
  await page.waitForTimeout(400);
}

const play = (page) => page.locator(".graphiql-execute-button").click();

const editorText = (page, kind) =>
  page.evaluate((name) => {
    const model = globalThis.__MONACO.editor.getModels().find((one) => one.uri.path.endsWith(name));
    return model?.getValue() ?? "";
  }, kind);

async function run(page, title) {
  await show(page, title);
  await play(page);
  const text = await waitFor(`an answer in ${title}`, async () => (await editorText(page, "response.json")).trim());
  const result = JSON.parse(text);
  assert.equal(result.errors, undefined, `${title}: ${text}`);
  console.log(`ok  ${title}`);
  return result.data;
}

async function send(page, body) {
  await show(page, "SendMessage");
  await page.evaluate((text) => {
    const model = globalThis.__MONACO.editor.getModels().find((one) => one.uri.path.endsWith("variables.json"));
    model.setValue(JSON.stringify({ ...JSON.parse(model.getValue()), body: text }, null, 2));
  }, body);
  await play(page);
  await waitFor("the sent message", async () => (await editorText(page, "response.json")).includes(body));
}

async function waitFor(what, check, limit = 20_000) {
  const end = Date.now() + limit;
  while (Date.now() < end) {
    const value = await check();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain for ${what}`);
}

const live = (page) => page.getByTestId("live");
const shown = (page, body) => live(page).locator("li", { hasText: body }).count();

try {
  const reader = await visit();
  await reader.screenshot({ path: named("start") });
  await signIn(reader);
  for (const title of ["Welcome", "Workspaces", "Messages", "SendMessage", "Activity", "ExplainAccess"]) {
    await run(reader, title);
  }
  await show(reader, "Messages");
  await reader.screenshot({ path: named("messages") });

  await show(reader, "ChannelEvents");
  await play(reader);
  await waitFor("the live state", async () => (await live(reader).getAttribute("data-state")) === "live");

  const sender = await visit();
  await signIn(sender, 1);
  const channel = await reader.getByTestId("channel").inputValue();
  await sender.getByTestId("channel").selectOption(channel);
  const stamp = Date.now().toString(36).slice(-4);
  const [first, ...missed] = ["Who looks after the export today?", "I do, until three.", "Then Priya takes over.", "Thanks both!"].map((text) => `${text} (${stamp})`);
  const [resumed, own] = ["The export is through.", "I will tell the customer."].map((text) => `${text} (${stamp})`);
  const missing = async () => (await Promise.all(missed.map((body) => shown(reader, body)))).join();

  const began = Date.now();
  await send(sender, first);
  await waitFor("the event in the first page", () => shown(reader, first));
  console.log(`ok  event shown ${Date.now() - began} ms after sending began`);

  await reader.evaluate(() => window.cutSockets(true));
  await waitFor("the cut", async () => (await live(reader).getAttribute("data-state")) === "waiting");
  for (const body of missed) await send(sender, body);
  assert.equal(await missing(), "0,0,0", "nothing arrives over a cut socket");
  await reader.evaluate(() => window.cutSockets(false));
  await waitFor("the missed events", async () => (await missing()) === "1,1,1");
  await reader.getByTestId("resumed").waitFor();
  await send(sender, resumed);
  await waitFor("events after the resume", () => shown(reader, resumed));
  assert.equal(await shown(reader, first), 1, "an event from before the cut is shown once");
  assert.equal(await missing(), "1,1,1", "each missed event is shown once");
  console.log("ok  resumed after the cut, each event once");

  await show(reader, "SendMessage");
  await waitFor("the stream to go on beside another tab", async () => (await live(reader).getAttribute("data-state")) === "live");
  await send(reader, own);
  await waitFor("the own event", () => shown(reader, own));
  console.log("ok  the subscription stays open while another tab sends");

  await show(reader, "ChannelEvents");
  await reader.screenshot({ path: shot });

  const who = await sender.getByTestId("who").innerText();
  await show(reader, "Presence");
  await play(reader);
  await waitFor("who is there at first", () => shown(reader, "1 here · all of them"));
  await show(sender, "Presence");
  await play(sender);
  await waitFor("the other to come", () => shown(reader, /2 here · joined: /));
  await waitFor("both at once", () => shown(sender, "2 here · all of them"));
  await reader.screenshot({ path: named("presence") });
  await live(sender).getByRole("button", { name: "Stop" }).click();
  await waitFor("the other to leave", () => shown(reader, /1 here · left: /));
  console.log(`ok  ${who.trim().split("\n")[0]} came and left`);

  for (const title of ["NewConversation", "Ask"]) await run(reader, title);
  await show(reader, "Answer");
  await play(reader);
  const said = () => reader.getByTestId("said").innerText();
  await waitFor("the answer to begin", () => shown(reader, "TextDelta"));
  await reader.evaluate(() => window.cutSockets(false));
  await waitFor("the end of the answer", async () => (await live(reader).getAttribute("data-state")) === "ended");
  const answer = await said();
  assert.match(answer, /^I am karnak's stand-in .* You wrote 6 words: “What do you see of me\?”.*answer\.$/s, "the answer is whole after a cut");
  await reader.screenshot({ path: named("answer") });
  await live(reader).getByRole("button", { name: "Clear" }).click();
  await play(reader);
  await waitFor("the answer again", async () => (await live(reader).getAttribute("data-state")) === "ended");
  assert.equal(await said(), answer, "the answer is the same when it is read again");
  console.log("ok  an answer was streamed, cut, and read again");

  await show(reader, "Ask");
  await reader.evaluate((text) => {
    const model = globalThis.__MONACO.editor.getModels().find((one) => one.uri.path.endsWith("variables.json"));
    model.setValue(JSON.stringify({ ...JSON.parse(model.getValue()), body: text }, null, 2));
  }, 'use karnak_calculate {"expression": "(19.90 * 12) / 6"}');
  await run(reader, "Ask");
  await show(reader, "Answer");
  await live(reader).getByRole("button", { name: "Clear" }).click();
  await play(reader);
  await waitFor("the end of the answer with a tool", async () => (await live(reader).getAttribute("data-state")) === "ended");
  assert.match(await said(), /The tool karnak_calculate answered: “\{"exact":true,"value":"39.8"\}”/, "the tool was called");
  assert.equal(await shown(reader, "ToolCallResult"), 1, "the result of the tool is shown");
  await reader.screenshot({ path: named("tool") });
  await run(reader, "InvokeTool");
  await show(reader, "ToolRun");
  await play(reader);
  await waitFor("the end of the run", async () => (await live(reader).getAttribute("data-state")) === "ended");
  assert.equal(await shown(reader, "ToolInvocationEnded"), 1, "the run has ended");
  console.log("ok  a model called a tool, and a person did");

  await sender.locator(".kp-chip").click();
  await sender.getByRole("button", { name: "Sign out" }).click();
  await sender.locator("#kp-session input[name=email]").waitFor();
  assert.equal(await sender.evaluate(() => sessionStorage.getItem("karnak.session")), null);
  console.log("ok  signed out");

  assert.deepEqual(foreign, [], "the page asks no other host");
  assert.deepEqual(faults, [], "the page reports no fault");
  console.log(`screenshots: ${shot}, ${named("start")}, ${named("messages")}, ${named("presence")}, ${named("answer")}, ${named("tool")}`);
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
}
