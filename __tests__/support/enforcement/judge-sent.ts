import { isUtf8 } from "node:buffer";
import type { Captured } from "./capturing-provider";
import { duplicateNames } from "./duplicate-names";

type Value = Record<string, unknown>;

/** What a request should have been. */
export interface Expected {
  /** Working rules of the key, to the byte. */
  readonly rules: string;
  /** The model that routing chose. */
  readonly upstreamModel: string;
  /** What the gateway shows the provider, and nothing of the client's. */
  readonly credential: string;
}

/** All fields that a provider may get for a key with working rules. */
const FIELDS: ReadonlySet<string> = new Set([
  ...["system", "messages", "model", "max_tokens", "tools", "tool_choice", "thinking", "output_config"],
  ...["output_format", "stop_sequences", "temperature", "top_p", "top_k", "metadata", "service_tier"],
  ...["cache_control", "stream", "anthropic_version", "anthropic_beta", "inference_geo"],
]);
const HEADERS: ReadonlySet<string> = new Set([
  ...["host", "connection", "content-type", "content-length", "accept", "anthropic-version"],
  ...["anthropic-beta", "x-api-key", "authorization", "user-agent"],
]);
const FORBIDDEN_BLOCKS: ReadonlySet<unknown> = new Set([
  ...["tool_addition", "tool_removal", "container_upload", "compaction", "system"],
]);

/** Features that change instructions, tools or models, or bring in what the gateway never sees. */
const FORBIDDEN_FEATURES =
  /mid-conv|inline|context-man|compact|mcp|skill|file|thread|fallback|memory|code-exec/;
/** Members that are another gateway's, and may hold secrets. */
const FORBIDDEN_MEMBERS: ReadonlySet<string> = new Set(["api_base", "api_key", "extra_headers", "base_url"]);

/**
 * What is wrong with a request that a provider received for a key with working rules. It knows nothing of how the gateway
 * makes a request: it reads the bytes with `JSON.parse`, as a provider would.
 */
export function judgeSent(captured: Captured, expected: Expected): string[] {
  const wrong: string[] = [];
  const rule = (holds: boolean, name: string) => {
    if (!holds) wrong.push(name);
  };
  judgeHeaders(captured, expected, rule);
  const bytes = countedBody(captured);
  rule(isUtf8(bytes), "the body is not UTF-8");
  const text = bytes.toString();
  const names = duplicateNames(text);
  rule(names.length === 0, `names come twice: ${names.join(", ")}`);
  const body = JSON.parse(text) as Value;
  const head = `{"system":[${JSON.stringify({ type: "text", text: expected.rules })}`;
  rule(text.startsWith(`${head},`) || text.startsWith(`${head}]`), "the rules are not first, byte for byte");
  judgeSystem(body["system"], expected.rules, rule);
  judgeRows(body["messages"], rule);
  const features = `${captured.headers["anthropic-beta"] ?? ""},${listOf(body["anthropic_beta"]).join()}`;
  rule(!FORBIDDEN_FEATURES.test(features), `features ${features}`);
  for (const name of listOf(body["tools"]).flatMap((tool) => Object.keys(tool)))
    rule(!FORBIDDEN_MEMBERS.has(name), `member ${name} of a tool`);
  for (const field of Object.keys(body)) rule(FIELDS.has(field), `field ${field}`);
  // InvokeModel has it in its path, in one part.
  const inPath = decodeURIComponent(captured.path.split("/")[2] ?? "");
  rule((body["model"] ?? inPath) === expected.upstreamModel, "the model is another one");
  rule(
    Object.keys((body["metadata"] ?? {}) as object).every((name) => name === "user_id"),
    "metadata has more than the user",
  );
  const marks = [body, ...listOf(body["tools"]), ...listOf(body["system"]), ...blocksOf(body["messages"])];
  rule(
    marks.filter((owner) => owner["cache_control"] != null).length <= 4,
    "more than 4 marks of cached prefixes",
  );
  return wrong;
}

type Rule = (holds: boolean, name: string) => void;

/**
 * Whether a text stands in turns of the user, each time by itself in the gateway's frame, and nowhere in `system`.
 * @returns what is wrong
 */
export function judgeFramed(captured: Captured, framed: string): string[] {
  const { system, messages } = JSON.parse(countedBody(captured).toString()) as Value;
  const wrong: string[] = [];
  if (JSON.stringify(system ?? []).includes(JSON.stringify(framed).slice(1, -1)))
    wrong.push("the instruction stands in system");
  const blocks = blocksOf(listOf(messages).filter(({ role }) => role === "user"));
  const places = blocks.flatMap(({ text }, index) => (text === framed ? [index] : []));
  if (places.length === 0) wrong.push("the instruction stands in no turn of the user");
  for (const place of places) {
    const [before, after] = [blocks[place - 1]?.["text"], blocks[place + 1]?.["text"]];
    if (!String(before).includes("cannot change, suspend") || !String(after).startsWith("End of what"))
      wrong.push("the instruction stands outside of its frame");
  }
  return wrong;
}

function judgeHeaders({ headers }: Captured, { credential }: Expected, rule: Rule): void {
  for (const name of Object.keys(headers)) rule(HEADERS.has(name), `header ${name}`);
  rule(headers["content-type"] === "application/json", "the content type is another one");
  const shown = headers["x-api-key"] ?? headers.authorization;
  rule(shown === credential || shown === `Bearer ${credential}`, "the credential is another one");
  rule(headers["x-api-key"] === undefined || headers.authorization === undefined, "two credentials");
}

/** Bedrock counts what it gets wrapped up. */
function countedBody({ path, bytes }: Captured): Buffer {
  if (!path.endsWith("/count-tokens")) return bytes;
  const { input } = JSON.parse(bytes.toString()) as { input: { invokeModel: { body: string } } };
  return Buffer.from(input.invokeModel.body, "base64");
}

function judgeSystem(system: unknown, rules: string, rule: Rule): void {
  if (!Array.isArray(system)) {
    rule(false, "system is no list");
    return;
  }
  const [first, frame] = system as Value[];
  rule(
    Object.keys(first ?? {}).join() === "type,text" && first?.["type"] === "text",
    "the first block is odd",
  );
  rule(first?.["text"] === rules, "the first block is not the rules");
  rule(
    system.every((block: Value) => block["type"] === "text" && typeof block["text"] === "string"),
    "system holds more than text",
  );
  rule(
    system.length !== 2 && (frame === undefined || String(frame["text"]).includes("cannot change, suspend")),
    "the client's instructions do not stand below the frame",
  );
}

function judgeRows(messages: unknown, rule: Rule): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    rule(false, "there is no conversation");
    return;
  }
  for (const { role, content: _content, ...others } of messages as Value[]) {
    rule(role === "user" || role === "assistant", `a row instructs: ${String(role)}`);
    rule(
      Object.values(others).every((value) => value === null),
      `a row has ${Object.keys(others).join()}`,
    );
  }
  for (const { content } of messages as Value[]) {
    const types = listOf(content).map(({ type }) => type);
    const others = types.findIndex((type) => type !== "tool_result");
    rule(others < 0 || !types.slice(others).includes("tool_result"), "text stands before a result");
  }
  rule((messages.at(-1) as Value)["role"] === "user", "the answer is begun");
  for (const { type, source } of blocksOf(messages)) {
    rule((source as Value | null | undefined)?.["type"] !== "file", "a file that the provider keeps");
    rule(typeof type === "string" && !FORBIDDEN_BLOCKS.has(type), `block ${String(type)}`);
  }
}

const listOf = (value: unknown): Value[] => (Array.isArray(value) ? (value as Value[]) : []);

/** Blocks of a conversation, also those inside others. */
function blocksOf(rows: unknown): Value[] {
  return listOf(rows).flatMap(({ content }) =>
    listOf(content).flatMap((block) => [block, ...blocksOf([block]), ...blocksOf([block["source"] ?? {}])]),
  );
}
