import type { EnforcementPolicy } from "../../../../../services/gateway/enforcement/policy";
import { GatewayError } from "../../../../../services/gateway/errors/gateway-error";
import { prepareMessage } from "../../../../../services/gateway/generation/prepare";
import {
  chatCompletions,
  messages,
  responses,
  type WireApi,
} from "../../../../../services/gateway/generation/wire-api";
import { DEFAULT_PATTERNS } from "../../../../../services/gateway/guardrails/screening";
import { TranslationError } from "../../../../../services/gateway/json/client-value";
import { type JsonObject, type JsonValue, RawText } from "../../../../../services/gateway/json/json-value";
import { parseJson } from "../../../../../services/gateway/json/parse-json";
import { textOf } from "../../../../../services/gateway/json/text";
import { estimateInput } from "../../../../../services/gateway/wire/internal/usage";
import { Secret } from "../../../../../services/shared/secret";
import { bodyOf, DIALECTS, type Dialect } from "../../../../support/enforcement/bodies";
import { randomBody } from "../../../../support/enforcement/random-bodies";
import { Random } from "../../../../support/services/random";
import { anthropicDeployment } from "../../../../support/services/test-gateway";

/**
 * Which texts are passed on without being read is a matter of speed: a request must give the same bytes, or the same refusal,
 * when every text is read.
 */
const APIS: Readonly<Record<Dialect, WireApi<never>>> = {
  chat: chatCompletions as WireApi<never>,
  messages: messages as WireApi<never>,
  responses: responses as WireApi<never>,
};
const bedrock = {
  provider: "bedrock",
  region: "us-east-1",
  credentials: { apiKey: new Secret("k") },
} as const;
const DEPLOYMENTS = [
  anthropicDeployment(),
  anthropicDeployment({ upstreamModel: "claude-opus-4-6" }),
  anthropicDeployment({ access: { ...bedrock, api: "invoke" } }),
  anthropicDeployment({ access: { ...bedrock, api: "messages" } }),
];
const RULES = {
  level: "standard",
  promptId: "standard@000000000000",
  blocks: [{ id: "standard@000000000000", sha256: "0".repeat(64), text: "Be careful." }],
} satisfies EnforcementPolicy;
const FREE: EnforcementPolicy = { level: "unrestricted", promptId: null, blocks: [] };
/** How a request is treated: by which rules, and what is looked for in it. */
const TREATMENTS = [
  [RULES, undefined],
  [RULES, { action: "mask", patterns: DEFAULT_PATTERNS }],
  [FREE, { action: "block", patterns: DEFAULT_PATTERNS }],
] as const;

/** The same value with every text read. */
function read(value: JsonValue): JsonValue {
  if (value instanceof RawText) return textOf(value);
  if (Array.isArray(value)) return value.map(read);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, member]) => [name, read(member as JsonValue)]),
  );
}

/** All that follows from a body, for each deployment and treatment. */
function outcomesOf(dialect: Dialect, body: JsonValue): unknown[] {
  const outcomes: unknown[] = [];
  for (const deployment of DEPLOYMENTS) {
    for (const [policy, screening] of TREATMENTS) {
      const asked = {
        api: APIS[dialect],
        body: body as JsonObject,
        bodyBytes: 0,
        policy,
        screening,
        mayDropParams: true,
        native: { headers: {}, droppedParams: [] },
      };
      try {
        const { request, sealed, droppedParams, maskedPatterns, plan } = prepareMessage(asked, deployment);
        const { settings: _settings, ...rest } = plan as { settings?: unknown };
        const sent: unknown = JSON.parse(sealed.bytes.toString());
        outcomes.push({
          sent,
          droppedParams,
          maskedPatterns,
          plan: rest,
          tokens: estimateInput(request, 1_000_000),
        });
      } catch (error) {
        if (!(error instanceof TranslationError || error instanceof GatewayError)) throw error;
        outcomes.push({ message: error.message, param: error.param });
      }
    }
  }
  return outcomes;
}

/** @returns how many of the requests were sent */
function expectSame(dialect: Dialect, body: object): number {
  const json = JSON.stringify({ model: "m", ...body });
  const parsed = parseJson(Buffer.from(json));
  const outcomes = outcomesOf(dialect, parsed);
  expect(outcomes).toEqual(outcomesOf(dialect, read(parsed)));
  const escaped = parseJson(
    Buffer.from(json.replaceAll("h", "\\u0068").replaceAll("1 1", "1\\u00201").replaceAll("/", "\\/")),
  );
  expect(outcomesOf(dialect, escaped)).toEqual(outcomes);
  return outcomes.filter((outcome) => "sent" in (outcome as object)).length;
}

it.each(DIALECTS)("bodies of %s made at random", (dialect) => {
  for (let seed = 1; seed <= 40; seed++) expectSame(dialect, randomBody(new Random(seed), dialect));
});

const CARD = "4111 1111 1111 1111";
const PNG = `data:image/png;base64,iVBORw0KGgo${"A".repeat(61)}`;
const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ["47 bytes", "x".repeat(47)],
  ["48 bytes", "x".repeat(48)],
  ["511 bytes", "x".repeat(511)],
  ["512 bytes", "x".repeat(512)],
  ["white space", " \n\t".repeat(30)],
  ["white space of other alphabets", "\u00a0\u2003\ufeff".repeat(30)],
  ["controls that are no white space", "\u0000\b".repeat(30)],
  ["a space at the end", `${"é".repeat(60)} \n`],
  ["a card", `${"the number is ".repeat(6)}${CARD}, "thanks"\n`],
  ["half a character", `${"\ud83d".repeat(20)} ${CARD}`],
  ["an image", PNG],
  ["an address", `https://example.com/${"a/".repeat(40)}x.png`],
  [
    "a text file",
    `data:text/plain;base64,${Buffer.from(`${"pay with ".repeat(9)}${CARD}`).toString("base64")}`,
  ],
  ["JSON", JSON.stringify({ password: "x".repeat(60), card: CARD })],
  ["a frame", "x-anthropic-billing-header: cc_version=2.0.1; cc_entrypoint=cli; and so on and on and on"],
];
/** Where a client may put a text, in the words of each API. */
const PLACES: Readonly<Record<Dialect, readonly ((text: string) => object)[]>> = {
  chat: [
    (content) => ({ rows: [{ role: "user", content }] }),
    (text) => ({ rows: [{ role: "user", content: [{ type: "text", text }] }] }),
    (url) => ({ rows: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }] }),
    (file_data) => ({ rows: [{ role: "user", content: [{ type: "file", file: { file_data } }] }] }),
    (content) => ({ system: content }),
    (content) => ({
      rows: [
        { role: "user", content: "Hi" },
        { role: "system", content },
      ],
    }),
    (content) => ({
      rows: [
        { role: "user", content: "Hi" },
        { role: "assistant", content },
      ],
    }),
    (content) => ({ rows: chatCall({ content }, "{}") }),
    (text) => ({
      rows: chatCall({ content: [{ type: "text", text }] }, JSON.stringify({ content: text, text })),
    }),
    (content) => ({ rows: chatCall({ content: "ok" }, content) }),
    (thinking) => ({
      rows: [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: "Ho",
          thinking_blocks: [{ type: "thinking", thinking, signature: thinking }],
        },
        { role: "user", content: "Hi" },
      ],
      more: { reasoning_effort: "low" },
    }),
    (content) => ({ rows: [{ role: "user", content }], more: { response_format: { type: "json_object" } } }),
    (text) => ({
      more: {
        tools: [
          { type: "function", function: { name: "f", description: text, parameters: schemaWith(text) } },
        ],
      },
    }),
    (text) => ({
      more: {
        response_format: { type: "json_schema", json_schema: { name: "a", schema: schemaWith(text) } },
      },
    }),
    (content) => ({ more: { prediction: { type: "content", content }, stop: [content], user: content } }),
    (thinking) => ({ more: { thinking, text: thinking, output: thinking, content: thinking } }),
  ],
  messages: [
    (content) => ({ rows: [{ role: "user", content }] }),
    (text) => ({ rows: [{ role: "user", content: [{ type: "text", text }] }] }),
    (text) => ({ system: text }),
    (text) => ({ system: [{ type: "text", text }] }),
    (content) => ({
      rows: [
        { role: "system", content },
        { role: "user", content: "Hi" },
        { role: "system", content },
      ],
    }),
    (content) => ({
      rows: [
        { role: "user", content: "Hi" },
        { role: "assistant", content },
      ],
    }),
    (content) => ({ rows: nativeCall({ content, text: content, output: content }, content) }),
    (text) => ({ rows: nativeCall({}, [{ type: "text", text }]) }),
    (thinking) => ({
      rows: [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking, signature: thinking },
            { type: "text", text: thinking },
          ],
        },
        { role: "user", content: "Hi" },
      ],
    }),
    (data) => ({
      rows: [
        {
          role: "user",
          content: [{ type: "document", source: { type: "text", media_type: "text/plain", data } }],
        },
      ],
    }),
    (content) => ({
      rows: [{ role: "user", content: [{ type: "document", source: { type: "content", content } }] }],
    }),
    (text) => ({
      more: {
        tools: [
          {
            name: "f",
            description: text,
            input_schema: schemaWith(text),
            input_examples: [{ content: text }],
          },
        ],
      },
    }),
    (content) => ({ more: { thinking: content, output_config: content, metadata: { user_id: content } } }),
    (text) => ({ rows: [{ role: "user", content: [{ type: text.slice(0, 100), text }] }] }),
  ],
  responses: [
    (input) => ({ more: { input } }),
    (content) => ({ rows: [{ role: "user", content }] }),
    (text) => ({ rows: [{ role: "user", content: [{ type: "input_text", text }] }] }),
    (image_url) => ({ rows: [{ role: "user", content: [{ type: "input_image", image_url }] }] }),
    (file_data) => ({
      rows: [{ role: "user", content: [{ type: "input_file", file_data, filename: file_data }] }],
    }),
    (system) => ({ system }),
    (content) => ({
      rows: [
        { role: "user", content: "Hi" },
        { role: "developer", content },
      ],
    }),
    (text) => ({
      rows: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: [{ type: "output_text", text }] },
      ],
    }),
    (output) => ({ rows: responsesCall("function_call", { arguments: "{}" }, output) }),
    (text) => ({
      rows: responsesCall("function_call", { arguments: JSON.stringify({ content: text }) }, [
        { type: "input_text", text },
      ]),
    }),
    (input) => ({
      rows: responsesCall("custom_tool_call", { input }, input),
      more: { tools: [{ type: "custom", name: "f", description: input }] },
    }),
    (encrypted_content) => ({
      rows: [
        { role: "user", content: "Hi" },
        { type: "reasoning", encrypted_content, summary: [] },
        { role: "assistant", content: "Ho" },
        { role: "user", content: "Hi" },
      ],
    }),
    (text) => ({ more: { text } }),
    (content) => ({ rows: [{ role: "user", content }], more: { text: { format: { type: "json_object" } } } }),
    (text) => ({ more: { text: { format: { type: "json_schema", name: "a", schema: schemaWith(text) } } } }),
  ],
};

function schemaWith(text: string): object {
  return {
    type: "object",
    properties: {
      content: { type: "string", const: text, text, output: text },
      text: { description: text, enum: [text] },
    },
    required: ["content"],
  };
}

const chatCall = (result: object, args: string) => [
  { role: "user", content: "Hi" },
  {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: args } }],
  },
  { role: "tool", tool_call_id: "a", ...result },
];
const nativeCall = (input: object, content: unknown) => [
  { role: "user", content: "Hi" },
  { role: "assistant", content: [{ type: "tool_use", id: "a", name: "f", input }] },
  { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content }] },
];
const responsesCall = (type: string, call: object, output: unknown) => [
  { role: "user", content: "Hi" },
  { type, call_id: "a", name: "f", ...call },
  { type: `${type}_output`, call_id: "a", output },
];

describe.each(DIALECTS)("%s", (dialect) => {
  it.each(TEXTS)("with %s at every place", (_name, text) => {
    const sent = PLACES[dialect].map((place) => expectSame(dialect, bodyOf(dialect, place(text))));
    expect(sent.filter((count) => count > 0).length).toBeGreaterThan(PLACES[dialect].length / 3);
  });
});
