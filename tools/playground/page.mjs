// Starts a karnak with the demo on a free port and a fresh data directory, and has
// shot.mjs use its page:
//
//   node page.mjs ../../bin/karnak [folder for the screenshots]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const [binary, folder = "."] = process.argv.slice(2);
if (!binary) {
  console.error("usage: node page.mjs <binary> [folder]");
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const data = await mkdtemp(path.join(os.tmpdir(), "karnak-page-"));
const server = spawn(binary, ["serve", "--seed-demo", "--log-level=warn", "--addr=127.0.0.1:0", `--data-dir=${data}`], {
  env: { PATH: process.env.PATH, HOME: process.env.HOME },
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = once(server, "exit");
try {
  const shot = spawn(process.execPath, ["shot.mjs", await address(), path.resolve(folder, "playground.png")], { stdio: "inherit" });
  [process.exitCode] = await once(shot, "exit");
} finally {
  server.kill("SIGTERM");
  await ended;
  await rm(data, { recursive: true, force: true });
}

// address reads where the server listens from what it prints.
async function address() {
  for await (const line of createInterface({ input: server.stdout })) {
    const found = line.match(/(http:\/\/\S+)\/graphql\b/);
    if (found) return found[1];
  }
  throw new Error("the server ended before it listened");
}
