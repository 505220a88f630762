// The server as the Go test hands it over: its address, and its life.
import assert from "node:assert/strict";

function setting(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: these scripts are run by go test ./test/client`);
  return value;
}

export const url = setting("KARNAK_URL");
export const socketURL = url.replace(/^http/, "ws");
const control = setting("KARNAK_CONTROL");

let running = Promise.resolve();
let opened = () => {};

// up resolves when the server runs.
export const up = () => running;

async function command(name) {
  const response = await fetch(`${control}/${name}`, { method: "POST" });
  const text = await response.text();
  assert.ok(response.ok, `${name}: ${text}`);
  return text && JSON.parse(text);
}

function closeGate() {
  running = new Promise((resolve) => {
    opened = resolve;
  });
}

// kill ends the server by SIGKILL.
export async function kill() {
  closeGate();
  await command("kill");
}

// drain ends the server by SIGTERM and tells { code, ms }: its exit status and how long it took.
export async function drain() {
  closeGate();
  return command("drain");
}

// start starts it again on the same data and at the same address.
export async function start() {
  await command("start");
  opened();
}
