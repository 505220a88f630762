// The audit suite of graphql-http: what GraphQL over HTTP asks of a server.
import assert from "node:assert/strict";
import test from "node:test";
import { auditServer } from "graphql-http";
import { url } from "./kit/server.mjs";

test("GraphQL over HTTP", { timeout: 60_000 }, async (t) => {
  const results = await auditServer({ url, fetchFn: fetch });
  assert.ok(results.length > 50, `${results.length} audits`);
  const described = await Promise.all(results.filter(({ status }) => status !== "ok").map(describe));
  for (const line of described) t.diagnostic(line);
  const count = (status) => results.filter((result) => result.status === status).length;
  t.diagnostic(`${results.length} audits: ${count("ok")} ok, ${count("notice")} notices, ${count("warn")} warnings, ${count("error")} errors`);
  assert.equal(count("warn") + count("error"), 0, described.join("\n"));
});

async function describe({ id, name, status, reason, response }) {
  const body = await response?.clone().text();
  return `${status} ${id} ${name}: ${reason}; ${response?.status} ${response?.headers.get("content-type")} ${body?.slice(0, 200)}`;
}
