// One GraphQL request over HTTP, and errors a person can read.
import { config } from "./config.js";

export class ApiError extends Error {
  constructor(message, { code = "", requestId = "", result = null } = {}) {
    super(message);
    this.code = code;
    this.requestId = requestId;
    this.result = result;
  }
}

const ACCEPT = "application/graphql-response+json, application/json;q=0.9";

// send posts one operation and returns the decoded answer, whatever its status.
export async function send(payload, headers = {}) {
  let response;
  try {
    response = await fetch(config.endpoint, {
      method: "POST",
      headers: { accept: ACCEPT, "content-type": "application/json", ...headers },
      body: JSON.stringify(payload),
    });
  } catch {
    throw new ApiError("The server did not answer. Is it running?", { code: "UNREACHABLE" });
  }
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(`The server answered ${response.status} ${response.statusText}, and not with JSON.`, { code: "BAD_ANSWER" });
  }
}

// ask is send for the page's own operations: it returns data or throws.
export async function ask(query, variables, token) {
  const result = await send({ query, variables }, token ? { authorization: `Bearer ${token}` } : {});
  const [first] = result.errors ?? [];
  if (first) throw new ApiError(first.message, { ...first.extensions, result });
  return result.data;
}

// codeOf finds the code of the first error of an answer.
export const codeOf = (result) => result?.errors?.[0]?.extensions?.code ?? "";

// firstUserError turns a payload's userErrors into one sentence, or "".
export const userErrorText = (payload) => (payload?.userErrors ?? []).map((fault) => fault.message).join(" ");

// describe turns anything thrown into text for a person.
export function describe(error) {
  const details = [error.code, error.requestId && `request ${error.requestId}`].filter(Boolean).join(", ");
  return details && error.code !== "UNREACHABLE" ? `${error.message} (${details})` : error.message;
}
