import { GatewayError } from "../../../../../services/gateway/errors/gateway-error";
import {
  betasOf,
  nativeHeaders,
  prepareMessage,
  refusesThinking,
  shortenAnswer,
  thinksFirst,
  toTarget,
} from "../../../../../services/gateway/generation/prepare";
import { ValueMemory } from "../../../../../services/gateway/generation/read-request";
import { chatCompletions, messages, responses } from "../../../../../services/gateway/generation/wire-api";
import { type JsonObject, ValueAllowance } from "../../../../../services/gateway/json/json-value";
import { parseJson } from "../../../../../services/gateway/json/parse-json";
import { Secret } from "../../../../../services/shared/secret";
import { countWork } from "../../../../support/services/count-work";
import { DENSE_BODIES } from "../../../../support/services/dense-bodies";
import { anthropicDeployment } from "../../../../support/services/test-gateway";

describe("prepare message", () => {
  const apiKey = new Secret("k");
  const bedrock = (api: "invoke" | "messages") =>
    anthropicDeployment({
      access: { provider: "bedrock", region: "us-east-1", credentials: { apiKey }, api },
    });

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
    native: { headers: {}, droppedParams: [] },
  } as unknown as Parameters<typeof prepareMessage>[0];

  it.each([
    [undefined, 100],
    [40, 40],
  ])("with %s tokens put aside, %i are asked for, after the rules", (aside, sent) => {
    const deployment = anthropicDeployment();
    const { sealed, request, maskedPatterns, droppedParams } = prepareMessage(asked, deployment, aside);
    const body = JSON.parse(sealed.text);
    expect([body.max_tokens, body.model, request.max_tokens]).toEqual([sent, deployment.upstreamModel, sent]);
    expect(body.system[0]).toEqual({ type: "text", text: "Be careful." });
    expect([sealed.promptId, maskedPatterns, droppedParams]).toEqual(["standard@000000000000", [], []]);
  });

  it("names all that is left out: by the translation, for the rules, of the headers", () => {
    const body = { ...asked.body, api_base: "x", context_management: { edits: [] } };
    const native = { headers: {}, droppedParams: ["anthropic-beta.skills-2025-10-02"] };
    const free = { level: "unrestricted", promptId: null, blocks: [] };
    const dropped = (more: object) =>
      prepareMessage({ ...asked, body, ...more }, anthropicDeployment()).droppedParams;
    expect(dropped({ native })).toEqual([
      "api_base",
      "context_management",
      "anthropic-beta.skills-2025-10-02",
    ]);
    expect(dropped({ policy: free })).toEqual(["api_base"]);
  });

  it("sends InvokeModel the features in the body", () => {
    const native = { headers: { "anthropic-beta": "effort-2025-11-24" }, droppedParams: [] };
    const { sealed } = prepareMessage({ ...asked, native }, bedrock("invoke"));
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
});

describe("native headers", () => {
  it.each([
    ["none", {}, {}],
    [
      "the two",
      { "anthropic-version": "2023-06-01", "anthropic-beta": "a", "x-api-key": "k", cookie: "c" },
      { "anthropic-version": "2023-06-01", "anthropic-beta": "a" },
    ],
    ["no empty one", { "anthropic-beta": "" }, {}],
    [
      "one of 2,000 characters",
      { "anthropic-beta": "b".repeat(2000) },
      { "anthropic-beta": "b".repeat(2000) },
    ],
    [
      "no longer one",
      { "anthropic-beta": "b".repeat(2001), "anthropic-version": "v" },
      { "anthropic-version": "v" },
    ],
  ])("passes on %s", (_name, headers, passed) => {
    expect(nativeHeaders(headers, false)).toEqual({ headers: passed, droppedParams: [] });
  });

  const VERSION = { "anthropic-version": "v" };
  const beta = (value: string) => ({ "anthropic-beta": value });

  it.each([
    ["nothing to drop: as it came", beta("effort-2025-11-24,  pdfs-2024-09-25"), undefined, []],
    [
      "one of two",
      { ...VERSION, ...beta("skills-2025-10-02, effort-2025-11-24") },
      { ...VERSION, ...beta("effort-2025-11-24") },
      ["anthropic-beta.skills-2025-10-02"],
    ],
    ["all of them", { ...VERSION, ...beta("a,b") }, VERSION, ["anthropic-beta.a", "anthropic-beta.b"]],
  ])("with working rules: %s", (_name, headers, passed, droppedParams) => {
    expect(nativeHeaders(headers, true)).toEqual({ headers: passed ?? headers, droppedParams });
  });

  it.each([
    [{}, []],
    [{ "anthropic-beta": "a" }, ["a"]],
    [{ "anthropic-beta": " a, b ,,c," }, ["a", "b", "c"]],
  ])("%j names %j", (headers, betas) => {
    expect(betasOf(headers)).toEqual(betas);
  });
});

describe("refuses thinking", () => {
  const THINKING = { type: "thinking", thinking: "t", signature: "s" };
  const requestWith = (...content: { type: string }[]) => ({
    model: "m",
    max_tokens: 1,
    messages: [{ role: "assistant", content }],
  });
  const refusal = (message: string, status = 400) =>
    new GatewayError(status, "invalid_request_error", message, { code: "400" });

  test.each([
    "messages.1.content.0: Invalid `signature` in `thinking` block",
    "messages.1.content.0: thinking block is bound to a different conversation",
    "Expected `thinking` or `redacted_thinking`, but found `tool_use`",
  ])("%s", (message) => {
    expect(refusesThinking(refusal(message), requestWith(THINKING))).toBe(true);
    expect(refusesThinking(refusal(message), requestWith({ type: "redacted_thinking" }))).toBe(true);
    expect(refusesThinking(refusal(message), requestWith({ type: "text" }))).toBe(false);
  });

  test.each<[string, unknown]>([
    ["another refusal", refusal("messages: too many")],
    ["another status", refusal("thinking", 502)],
    ["another error", new Error("thinking")],
  ])("%s", (_name, error) => {
    expect(refusesThinking(error, requestWith(THINKING))).toBe(false);
  });
});

describe("thinks first", () => {
  const request = (thinking?: object) =>
    ({ model: "m", max_tokens: 1, messages: [], ...(thinking === undefined ? {} : { thinking }) }) as never;

  test.each([
    ["claude-sonnet-4-5", { type: "enabled", budget_tokens: 1024 }, true],
    ["claude-sonnet-4-6", { type: "adaptive" }, true],
    ["claude-sonnet-4-5", undefined, false],
    ["claude-opus-5-5", undefined, true],
    ["claude-sonnet-5", { type: "disabled" }, false],
  ])("%s with %j: %s", (upstreamModel, thinking, expected) => {
    expect(thinksFirst(request(thinking), { upstreamModel })).toBe(expected);
  });

  test("the base model says it of an ARN", () => {
    const upstreamModel = "arn:aws:bedrock:us-east-1:1:application-inference-profile/x";
    expect(thinksFirst(request(), { upstreamModel, baseModel: "claude-sonnet-4-5" })).toBe(false);
  });
});

describe("shorten answer", () => {
  const enabled = (budget_tokens: number) => ({ type: "enabled", budget_tokens });

  test.each<[string, object, number, object]>([
    ["nothing to shorten", { max_tokens: 100 }, 100, { max_tokens: 100 }],
    ["no thinking", { max_tokens: 100 }, 50, { max_tokens: 50 }],
    [
      "thinking that still fits",
      { max_tokens: 32_000, thinking: enabled(4000) },
      5000,
      { max_tokens: 5000, thinking: enabled(4000) },
    ],
    [
      "thinking that does not",
      { max_tokens: 32_000, thinking: enabled(31_999) },
      5000,
      { max_tokens: 5000, thinking: enabled(4744) },
    ],
    [
      "the least of both",
      { max_tokens: 32_000, thinking: enabled(31_999) },
      1280,
      { max_tokens: 1280, thinking: enabled(1024) },
    ],
    [
      "thinking between tool calls, which may be more",
      { max_tokens: 4000, thinking: enabled(8000) },
      2000,
      { max_tokens: 2000, thinking: enabled(8000) },
    ],
    [
      "adaptive thinking",
      { max_tokens: 4000, thinking: { type: "adaptive" } },
      2000,
      { max_tokens: 2000, thinking: { type: "adaptive" } },
    ],
  ])("%s", (_name, message, maxTokens, expected) => {
    expect(shortenAnswer(message as { max_tokens: number }, maxTokens)).toEqual(expected);
  });
});
