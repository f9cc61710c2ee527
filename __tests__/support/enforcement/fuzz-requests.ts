import { gzipSync } from "node:zlib";
import { mutateBodies } from "../mutate-bodies";
import { Random } from "../services/random";
import { bodyOf, type Dialect } from "./bodies";
import { randomBody } from "./random-bodies";

/** The body of a request that may be broken. */
export interface FuzzRequest {
  readonly name: string;
  readonly bytes: Buffer;
}

const LONG = "x".repeat(200_000);

/** A body with much of what the API has, so that a change may hit any part of the reader. */
export function sampleOf(dialect: Dialect, model: string): string {
  const schema = {
    type: "object",
    properties: { path: { type: "string", minLength: 1 } },
    required: ["path"],
  };
  const call = {
    id: "call_1",
    type: "function",
    function: { name: "f", arguments: '{"path":"a\\n\\u00e9"}' },
  };
  const conversations = {
    chat: {
      system: [{ type: "text", text: "Be brief é", cache_control: { type: "ephemeral" } }],
      rows: [
        { role: "user", content: [{ type: "text", text: 'Hi "you" \u2028 😀' }] },
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: "call_1", content: "ok" },
      ],
      more: {
        tools: [{ type: "function", function: { name: "f", parameters: schema } }],
        ...{ tool_choice: "auto", temperature: 0.5, stop: ["x"], stream_options: { include_usage: true } },
      },
    },
    messages: {
      system: [{ type: "text", text: "Be brief é", cache_control: { type: "ephemeral" } }],
      rows: [
        { role: "user", content: [{ type: "text", text: 'Hi "you" \u2028 😀' }] },
        {
          role: "assistant",
          content: [{ type: "tool_use", id: "toolu_1", name: "f", input: { path: "a", n: 1.5 } }],
        },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "ok" }] },
      ],
      more: { tools: [{ name: "f", input_schema: schema }], temperature: 0.5, metadata: { user_id: "u" } },
    },
    responses: {
      system: "Be brief é",
      rows: [
        { type: "message", role: "user", content: [{ type: "input_text", text: 'Hi "you" \u2028 😀' }] },
        { type: "function_call", call_id: "call_1", name: "f", arguments: '{"path":"a\\n"}' },
        { type: "function_call_output", call_id: "call_1", output: "ok" },
      ] as never,
      more: {
        tools: [{ type: "function", name: "f", parameters: schema, strict: false }],
        ...{ reasoning: { effort: "low" }, text: { format: { type: "text" } }, store: false },
      },
    },
  };
  return JSON.stringify({ model, stream: false, ...bodyOf(dialect, conversations[dialect]) });
}

/** Odd bodies, each once. */
export function* oddBodies(sample: string): Generator<FuzzRequest> {
  for (let end = 0; end < Buffer.byteLength(sample); end++) {
    yield { name: `cut off at ${end}`, bytes: Buffer.from(sample).subarray(0, end) };
  }
  const before = (members: string) => Buffer.from(`{${members},${sample.slice(1)}`);
  const odd: Record<string, Buffer> = {
    "UTF-16": Buffer.from(sample, "utf16le"),
    "UTF-16 with a mark": Buffer.from(`\ufeff${sample}`, "utf16le"),
    "UTF-8 with a mark": Buffer.from(`\ufeff${sample}`),
    "Latin-1": Buffer.from(sample, "latin1"),
    gzip: gzipSync(sample),
    zeros: Buffer.alloc(10_000),
    "0xff": Buffer.alloc(10_000, 0xff),
    "deep lists": before(`"x":${"[".repeat(500_000)}`),
    "deep lists that end": before(`"x":${"[".repeat(100_000)}${"]".repeat(100_000)}`),
    "deep objects": before(`"x":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
    "depth that is allowed": before(`"x":${"[".repeat(120)}${"]".repeat(120)}`),
    "many values": before(`"x":[${"1,".repeat(1_100_000)}1]`),
    "many names": before(`${Array.from({ length: 50_000 }, (_unused, index) => `"n${index}":1`).join()}`),
    "many names that are the same": before(`${'"a":1,'.repeat(100_000)}"a":2`),
    "a long string": before(`"x":"${LONG}"`),
    "a long name": before(`"${LONG}":1`),
    "a long model": Buffer.from(sample.replace(/"model":"[^"]*"/, `"model":"${LONG}"`)),
    "a long role": Buffer.from(sample.replace(/"role":"user"/, `"role":"${LONG}"`)),
    "a long number": before(`"x":${"9".repeat(200_000)}`),
    "a long fraction": before(`"temperature":0.${"1".repeat(200_000)}`),
    "a huge exponent": before('"max_tokens":1e999999,"temperature":-1e-999999'),
    "escapes, many": before(`"x":"${"\\u0000\\ud83d\\\\".repeat(50_000)}"`),
    "an open escape": Buffer.from(`{"x":"${"\\".repeat(99_999)}`),
    "quotes, many": Buffer.from('"'.repeat(100_001)),
    "white space, much": Buffer.concat([
      Buffer.alloc(500_000, 0x20),
      Buffer.from(sample),
      Buffer.alloc(500_000, 0x0a),
    ]),
    "rows, many": Buffer.from(
      sample.replace('{"role":"user"', `${'{"role":"user","content":"x"},'.repeat(5000)}{"role":"user"`),
    ),
  };
  for (const [name, bytes] of Object.entries(odd)) yield { name, bytes };
}

/** Bodies with up to four changes each, half of a whole sample, half of a body made at random. */
export function* changedBodies(dialect: Dialect, model: string, count: number): Generator<FuzzRequest> {
  for (let seed = 1; seed <= count; seed++) {
    const sample =
      seed % 2 === 0
        ? sampleOf(dialect, model)
        : JSON.stringify({ model, stream: seed % 4 === 1, ...randomBody(new Random(seed), dialect) });
    for (const { bytes } of mutateBodies(1, seed, [sample])) yield { name: `seed ${seed}`, bytes };
  }
}
