import { prepareMessage, toTarget } from "../../../../services/gateway/generation/prepare-message";
import { ValueMemory } from "../../../../services/gateway/generation/value-memory";
import { chatCompletions, messages, responses } from "../../../../services/gateway/generation/wire-apis";
import type { JsonObject } from "../../../../services/gateway/json/json-value";
import { parseJson } from "../../../../services/gateway/json/parse-json";
import { ValueAllowance } from "../../../../services/gateway/json/value-allowance";
import { Secret } from "../../../../services/gateway/secret";
import { countWork } from "../../../support/services/count-work";
import { DENSE_BODIES } from "../../../support/services/dense-bodies";
import { anthropicDeployment } from "../../../support/services/test-gateway";

const apiKey = new Secret("k");
const bedrock = (api: "invoke" | "messages") =>
  anthropicDeployment({ access: { provider: "bedrock", region: "us-east-1", credentials: { apiKey }, api } });

it.each([
  ["anthropic", anthropicDeployment()],
  ["bedrock-invoke", bedrock("invoke")],
  ["bedrock-messages", bedrock("messages")],
])("a target of %s", (api, deployment) => {
  const { upstreamModel, maxOutputTokens } = deployment;
  expect(toTarget(deployment, true)).toEqual({ api, upstreamModel, maxOutputTokens, mayDropParams: true });
});

const asked = {
  api: messages,
  body: { model: "m", max_tokens: 100, messages: [{ role: "user", content: "Hi" }] },
  policy: {
    level: "standard",
    promptId: "standard@000000000000",
    blocks: [{ text: "Be careful.", sha256: "0".repeat(64) }],
  },
  screening: undefined,
  mayDropParams: false,
  nativeHeaders: { headers: {}, droppedParams: [] },
} as unknown as Parameters<typeof prepareMessage>[0];

it.each([
  [undefined, 100],
  [40, 40],
])("with %s tokens put aside, %i are asked for, after the rules", (aside, sent) => {
  const deployment = anthropicDeployment();
  const { sealed, request, findings, droppedParams } = prepareMessage(asked, deployment, aside);
  const body = JSON.parse(sealed.text);
  expect([body.max_tokens, body.model, request.max_tokens]).toEqual([sent, deployment.upstreamModel, sent]);
  expect(body.system[0]).toEqual({ type: "text", text: "Be careful." });
  expect([sealed.promptId, findings, droppedParams]).toEqual(["standard@000000000000", [], []]);
});

it("names all that is left out: by the translation, for the rules, of the headers", () => {
  const body = { ...asked.body, api_base: "x", context_management: { edits: [] } };
  const nativeHeaders = { headers: {}, droppedParams: ["anthropic-beta.skills-2025-10-02"] };
  const free = { level: "unrestricted", promptId: null, blocks: [] };
  const dropped = (more: object) =>
    prepareMessage({ ...asked, body, ...more }, anthropicDeployment()).droppedParams;
  expect(dropped({ nativeHeaders })).toEqual([
    "api_base",
    "context_management",
    "anthropic-beta.skills-2025-10-02",
  ]);
  expect(dropped({ policy: free })).toEqual(["api_base"]);
});

it("sends InvokeModel the features in the body", () => {
  const nativeHeaders = { headers: { "anthropic-beta": "effort-2025-11-24" }, droppedParams: [] };
  const { sealed } = prepareMessage({ ...asked, nativeHeaders }, bedrock("invoke"));
  expect(JSON.parse(sealed.text).anthropic_beta).toEqual(["effort-2025-11-24"]);
});

it("refuses what the wire API refuses, with its field", () => {
  const body = { ...asked.body, max_tokens: 0 };
  expect(() => prepareMessage({ ...asked, body }, anthropicDeployment())).toThrow(
    expect.objectContaining({ param: "max_tokens" }),
  );
});

describe("bodies of little else than values", () => {
  const APIS = { chat: chatCompletions, messages, responses };
  /** @returns how much work it is to translate a body, enforce the rules and write it */
  const workFor = (name: keyof typeof APIS, text: string): number => {
    const bytes = Buffer.from(text);
    const body = parseJson(bytes) as JsonObject;
    return countWork(body, (watched) => {
      const request = {
        ...asked,
        api: APIS[name],
        body: watched,
        bodyBytes: bytes.length,
        mayDropParams: true,
      };
      prepareMessage(request as unknown as typeof asked, anthropicDeployment());
    });
  };
  const cases = Object.entries(DENSE_BODIES).flatMap(([name, bodies]) =>
    Object.entries(bodies).map(([shape, make]) => [name as keyof typeof APIS, shape, make] as const),
  );

  it.each(cases)(
    "to %s: %s, twice as many values are not much more than twice the work",
    (name, _shape, make) => {
      const [once, twice] = [2000, 4000].map((values) => workFor(name, make(values))) as [number, number];
      expect(twice).toBeLessThan(2.3 * once + 2000);
      expect(twice).toBeLessThan(4000 * 60);
    },
  );

  const withCalls = (calls: number, values: number) => {
    const args = JSON.stringify(`[${Array(values).fill("{}").join(",")}]`);
    const call = `{"id":"c","type":"function","function":{"name":"f","arguments":${args}}}`;
    const rows = `{"role":"assistant","tool_calls":[${Array(calls).fill(call).join(",")}]}`;
    return `{"model":"m","messages":[{"role":"user","content":"hi"},${rows},{"role":"user","content":"hi"}]}`;
  };
  const prepare = (text: string, room: { take: jest.Mock; most: number }) => {
    const bytes = Buffer.from(text);
    const allowance = new ValueAllowance();
    const body = parseJson(bytes, allowance);
    const values = new ValueMemory(room, bytes.length, allowance.used);
    return prepareMessage(
      { ...asked, api: chatCompletions, body, bodyBytes: bytes.length, values } as unknown as typeof asked,
      anthropicDeployment(),
    );
  };

  it("arguments that are JSON count with the values of the body, all calls together", () => {
    const room = { take: jest.fn(() => true), most: Number.POSITIVE_INFINITY };
    expect(() => prepare(withCalls(100, 1000), room)).not.toThrow();
    expect(() => prepare(withCalls(200, 1000), room)).toThrow(
      "messages.1.tool_calls.148.function.arguments holds more values than the request may have in all",
    );
  });

  it("arguments book memory for their values, and what does not fit is refused", () => {
    const room = { take: jest.fn(() => true), most: Number.POSITIVE_INFINITY };
    prepare(withCalls(10, 1000), room);
    const [booked] = room.take.mock.calls.map(([bytes]: number[]) => bytes) as [number];
    expect(booked).toBeGreaterThan(10 * 1000 * 200);
    room.take.mockReturnValue(false);
    expect(() => prepare(withCalls(10, 1000), room)).toThrow(expect.objectContaining({ status: 503 }));
  });
});
