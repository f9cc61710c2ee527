import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { checkEnforcement } from "../../../cli/verify/check-enforcement";
import { GatewayClient } from "../../../cli/verify/gateway-client";

/** What a gateway makes of a request. */
interface Answer {
  status?: number;
  type?: string;
  prompt?: string | null;
  body?: unknown;
}

const PROMPT = "standard@0123456789ab";
const CASE = { name: "standard", level: "standard", promptId: PROMPT };
/** A key that a broken gateway makes for a client. */
const MADE_KEY = "sk-made-by-a-client-0000";

/** Answers as a gateway must; `broken` says what it does instead. */
let broken: (path: string, body: Record<string, unknown>, headers: http.IncomingHttpHeaders) => Answer;
const server = http.createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString() || "{}");
  const path = request.url ?? "";
  const right: Answer =
    path === "/key/info"
      ? { body: { info: { metadata: { enforcement_level: "standard" } } } }
      : path.startsWith("/key/")
        ? { status: 403 }
        : { prompt: PROMPT, type: body.stream ? "text/event-stream" : "application/json" };
  const {
    status = 200,
    type = "application/json",
    prompt,
    body: text = {},
  } = {
    ...right,
    ...broken(path, body, request.headers),
  };
  response.writeHead(status, { "content-type": type, ...(prompt ? { "x-enforced-prompt": prompt } : {}) });
  response.end(JSON.stringify(text));
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function faults(expected = CASE as Parameters<typeof checkEnforcement>[2]): Promise<string[]> {
  const client = new GatewayClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const checks = await checkEnforcement(client, "sk-key", expected, "claude");
  expect(checks).toHaveLength(18);
  return checks.flatMap(({ kind, action, holds, fault }) =>
    holds ? [] : [`${kind} | ${action} | ${fault}`],
  );
}

it("finds nothing where everything holds", async () => {
  broken = () => ({});
  expect(await faults()).toEqual([]);
});

it("takes a provider that does not count, while the header says which rules hold", async () => {
  broken = (path) => (path === "/v1/messages/count_tokens" ? { status: 502 } : {});
  expect(await faults()).toEqual([]);
});

it.each<[string, typeof broken, string[]]>([
  [
    "one route has no rules",
    (path) => (path === "/v1/messages" ? { prompt: null } : {}),
    ["", ", asked for less", ", stream", ", stream, asked for less"].map(
      (how) =>
        `${how.endsWith("less") ? "asked for less" : "messages"} | POST /v1/messages${how} | x-enforced-prompt must be ${PROMPT}, is left out`,
    ),
  ],
  [
    "counting has no rules",
    (path) => (path === "/v1/messages/count_tokens" ? { prompt: null } : {}),
    ["", ", asked for less"].map(
      (how) =>
        `${how === "" ? "messages" : "asked for less"} | POST /v1/messages/count_tokens${how} | x-enforced-prompt must be ${PROMPT}, is left out`,
    ),
  ],
  [
    "one route forgets them in streams",
    (path, { stream }) => (path === "/v1/responses" && stream ? { prompt: null } : {}),
    [
      `responses | POST /v1/responses, stream | x-enforced-prompt must be ${PROMPT}, is left out`,
      `asked for less | POST /v1/responses, stream, asked for less | x-enforced-prompt must be ${PROMPT}, is left out`,
    ],
  ],
  [
    "a body is believed",
    (path, { metadata }) =>
      path === "/v1/chat/completions" && metadata !== undefined ? { prompt: "pair@0" } : {},
    ["", ", stream"].map(
      (how) =>
        `asked for less | POST /v1/chat/completions${how}, asked for less | x-enforced-prompt must be ${PROMPT}, is pair@0`,
    ),
  ],
  [
    "a header is believed",
    (path, { stream }, headers) =>
      path === "/v1/messages" && stream === false && headers["x-enforcement-level"] ? { prompt: null } : {},
    [`asked for less | POST /v1/messages, asked for less | x-enforced-prompt must be ${PROMPT}, is left out`],
  ],
  [
    "a key may change itself",
    (path) => (path === "/key/update" ? { status: 200 } : {}),
    ["own key | POST /key/update | must be refused with 401 or 403, got HTTP 200"],
  ],
  [
    "a key may make keys",
    (path) => (path === "/key/generate" ? { status: 200, body: { key: MADE_KEY } } : {}),
    ["own key | POST /key/generate | must be refused with 401 or 403, got HTTP 200"],
  ],
  [
    "the level is not stored",
    (path) => (path === "/key/info" ? { body: { info: {} } } : {}),
    ["GET /key/info", "GET /key/info, at the end"].map(
      (action) => `metadata | ${action} | metadata.enforcement_level must be standard, is left out`,
    ),
  ],
  [
    "the model does not answer",
    (path, { stream }) =>
      path === "/v1/responses" && stream ? { status: 429, body: { error: "slow down" } } : {},
    [
      'responses | POST /v1/responses, stream | HTTP 429: {"error":"slow down"}',
      'asked for less | POST /v1/responses, stream, asked for less | HTTP 429: {"error":"slow down"}',
    ],
  ],
  [
    "a stream is none",
    (path, { stream, metadata }) =>
      path === "/v1/messages" && stream && metadata === undefined ? { type: "application/json" } : {},
    ["messages | POST /v1/messages, stream | the answer must be a stream, is application/json"],
  ],
])("says when %s", async (_what, how, expected) => {
  broken = how;
  expect(await faults()).toEqual(expected);
});

it("wants no header where there are no rules", async () => {
  broken = (path) =>
    path === "/key/info" ? { body: { info: { metadata: { enforcement_level: "unrestricted" } } } } : {};
  const found = await faults({ name: "unrestricted", level: "unrestricted", promptId: null });
  expect(found).toHaveLength(14);
  expect(found[0]).toBe(
    `chat completions | POST /v1/chat/completions | x-enforced-prompt must be left out, is ${PROMPT}`,
  );
});
