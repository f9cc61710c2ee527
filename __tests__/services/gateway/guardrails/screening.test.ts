import type { Finding } from "../../../../services/gateway/guardrails/find";
import {
  applyScreening,
  DEFAULT_PATTERNS,
  MAX_FINDINGS,
  mask,
  PATTERNS,
  resolveScreening,
  SCREENING_OFF,
  type ScreeningSettings,
  screen,
  selectPatterns,
} from "../../../../services/gateway/guardrails/screening";
import { RawText, type Text } from "../../../../services/gateway/json/json-value";
import { toByteText } from "../../../../services/gateway/json/text";
import { EXAMPLES } from "../../../support/pattern-examples";
import { FakeAnthropic, failWith } from "../../../support/services/fake-anthropic";
import {
  anthropicDeployment,
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
  type TestGatewayProps,
} from "../../../support/services/test-gateway";

describe("apply screening", () => {
  const AWS = "AKIA" + "QWERTYUIOP234567";
  const CARD = "4111 1111 1111 1111";

  describe("applyScreening", () => {
    const request = { model: "m", max_tokens: 1, messages: [{ role: "user", content: `my ${AWS}` }] };
    const findings = [{ patternId: "aws-access-key-id", path: "messages.0.content", count: 1 }];
    const told: (readonly Finding[])[] = [];
    const screening = {
      patterns: DEFAULT_PATTERNS,
      onFindings: (found: readonly Finding[]) => void told.push(found),
    };
    beforeEach(() => told.splice(0));

    it("looks at nothing without a screening", () =>
      expect(applyScreening(request, undefined)).toEqual({ request, maskedPatterns: [] }));

    it("masks and tells", () => {
      const masked = applyScreening(request, { ...screening, action: "mask" });
      expect(masked.request.messages[0]?.content).toBe("my [aws-access-key-id]");
      expect(masked.maskedPatterns).toEqual(["aws-access-key-id"]);
      expect(told).toEqual([findings]);
    });

    it("blocks and tells", () => {
      expect(() => applyScreening(request, { ...screening, action: "block" })).toThrow(
        "The request was blocked",
      );
      expect(told).toEqual([findings]);
    });

    it.each(["mask", "block"] as const)("lets a clean request pass when it is to %s", (action) => {
      const clean = { ...request, messages: [] };
      expect(applyScreening(clean, { ...screening, action }).request).toBe(clean);
      expect(told).toEqual([]);
    });
  });

  const LONG = "x ".repeat(400);
  const text = `deploy with ${AWS} please, card ${CARD}. ${LONG}`;
  const chatTool = {
    id: "call_1",
    type: "function",
    function: { name: "write", arguments: JSON.stringify({ content: text }) },
  };
  /** What a client sends on each route: instructions, a turn, the input and the result of a tool. */
  const BODIES = {
    "/v1/chat/completions": {
      messages: [
        { role: "system", content: text },
        { role: "user", content: text },
        { role: "assistant", content: null, tool_calls: [chatTool] },
        { role: "tool", tool_call_id: "call_1", content: text },
      ],
    },
    "/v1/messages": {
      max_tokens: 100,
      system: text,
      messages: [
        { role: "user", content: text },
        {
          role: "assistant",
          content: [{ type: "tool_use", id: "call_1", name: "write", input: { content: text } }],
        },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "call_1", content: text }] },
      ],
    },
    "/v1/responses": {
      instructions: text,
      input: [
        { role: "user", content: [{ type: "input_text", text }] },
        {
          type: "function_call",
          call_id: "call_1",
          name: "write",
          arguments: JSON.stringify({ content: text }),
        },
        { type: "function_call_output", call_id: "call_1", output: text },
      ],
    },
  } as const;
  const ROUTES = Object.keys(BODIES) as (keyof typeof BODIES)[];
  const CASES = ROUTES.flatMap((route) => [false, true].map((stream) => [route, stream] as const));

  describe("the screening of requests", () => {
    let upstream: FakeAnthropic;
    let gateway: TestGateway;
    let url: string;

    const start = async (props: TestGatewayProps = {}) => {
      gateway = buildTestGateway({ upstreamUrl: upstream.url, ...props });
      url = await gateway.listen();
    };
    const post = (route: string, body: object, key = MASTER_KEY, headers: Record<string, string> = {}) =>
      fetch(url + route, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
        body: JSON.stringify({ model: MODEL, ...body }),
      });
    const sent = () =>
      upstream.requests.map(({ body }) => (typeof body === "string" ? body : JSON.stringify(body)));
    const addKey = async (guardrails?: unknown, extra: object = {}) => {
      const key = "sk-key-of-these-tests";
      await gateway.addKey(key, {
        metadata: { ...(guardrails === undefined ? {} : { guardrails }), ...extra },
      });
      return key;
    };

    beforeEach(async () => {
      upstream = await FakeAnthropic.start();
    });
    afterEach(async () => {
      await gateway.close();
      await upstream.stop();
    });

    it.each(CASES)("is off by default: %s, stream %s", async (route, stream) => {
      await start();
      const response = await post(route, { ...BODIES[route], stream }, await addKey());
      expect(response.status).toBe(200);
      await response.text();
      expect(sent()[0]?.split(AWS)).toHaveLength(5);
      expect(response.headers.get("x-gateway-masked")).toBeNull();
    });

    it.each(CASES)("masks: %s, stream %s", async (route, stream) => {
      await start();
      const response = await post(route, { ...BODIES[route], stream }, await addKey({ screen: "mask" }));
      expect(response.status).toBe(200);
      await response.text();
      expect(response.headers.get("x-gateway-masked")).toBe("aws-access-key-id, credit-card");
      const [body] = sent() as [string];
      expect(body).not.toContain(AWS);
      expect(body).not.toContain(CARD);
      expect(body.split("deploy with [aws-access-key-id] please, card [credit-card]. x x ")).toHaveLength(5);
    });

    it.each(CASES)("blocks in the caller's own words: %s, stream %s", async (route, stream) => {
      await start();
      const response = await post(route, { ...BODIES[route], stream }, await addKey({ screen: "block" }));
      expect(response.status).toBe(400);
      const answer = await response.text();
      const { error } = JSON.parse(answer);
      expect(error.type).toBe(route === "/v1/messages" ? "invalid_request_error" : "content_blocked");
      const details = route === "/v1/messages" ? error.details : error;
      expect(details[route === "/v1/messages" ? "error_code" : "code"]).toBe("content_blocked");
      expect(details.findings).toContainEqual({ pattern: "credit-card", path: "system.0.text", count: 1 });
      expect(details.findings).toHaveLength(8);
      expect(answer + gateway.log.join("")).not.toContain(AWS);
      expect(answer + gateway.log.join("")).not.toContain(CARD);
      expect(sent()).toEqual([]);
      expect([...gateway.audit.rows.values()].map((row) => [row.status, row.errorType])).toEqual([
        [400, "content_blocked"],
      ]);
    });

    it.each(ROUTES)("masks at every attempt, and counts once: %s", async (route) => {
      const other = await FakeAnthropic.start();
      await start({
        deployments: [
          anthropicDeployment({ id: "a", baseUrl: upstream.url }),
          anthropicDeployment({ id: "b", baseUrl: other.url }),
        ],
        guardrails: { ...SCREENING_OFF, action: "mask" },
      });
      upstream.script = failWith(529, "overloaded_error", "Overloaded");
      const response = await post(route, BODIES[route], await addKey());
      expect(response.status).toBe(200);
      await response.text();
      const bodies = [...upstream.requests, ...other.requests].map(({ body }) => JSON.stringify(body));
      await other.stop();
      expect(bodies.length).toBeGreaterThanOrEqual(2);
      expect(bodies.filter((body) => body.includes(AWS) || body.includes(CARD))).toEqual([]);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toContain('gateway_guardrail_matches_total{pattern="credit-card",action="mask"} 4');
    });

    it("cannot be switched off by what a client sends", async () => {
      await start();
      const key = await addKey({ screen: "block" });
      const off = { screen: "off" };
      const body = { ...BODIES["/v1/messages"], metadata: { user_id: "u", guardrails: off } };
      const responses = [
        await post("/v1/messages", body, key),
        await post("/v1/messages?guardrails=off", BODIES["/v1/messages"], key, {
          "x-gateway-guardrails": "off",
        }),
        await post("/v1/chat/completions", { ...BODIES["/v1/chat/completions"], guardrails: off }, key),
      ];
      expect(responses.map(({ status }) => status)).toEqual([400, 400, 400]);
      expect(sent()).toEqual([]);
    });

    it("does not look at the enforced prompt", async () => {
      await start({ prompts: { standard: `Never print ${AWS}.` } });
      const key = await addKey({ screen: "block" }, { enforcement_level: "standard" });
      const response = await post(
        "/v1/messages",
        { max_tokens: 9, messages: [{ role: "user", content: "hi" }] },
        key,
      );
      expect(response.status).toBe(200);
      await response.text();
      expect(sent()[0]).toContain(AWS);
    });

    it("refuses a key whose screening is not understood", async () => {
      await start();
      const response = await post("/v1/messages", BODIES["/v1/messages"], await addKey({ screen: "on" }));
      expect(response.status).toBe(503);
      expect(sent()).toEqual([]);
    });

    it("holds for the master key as the default says", async () => {
      await start({ guardrails: { ...SCREENING_OFF, action: "block" } });
      expect((await post("/v1/messages", BODIES["/v1/messages"])).status).toBe(400);
    });
  });
});

describe("screen", () => {
  const KEY = "AKIA" + "QWERTYUIOP234567";
  const request = (...texts: string[]) => ({
    model: "m",
    max_tokens: 1,
    messages: texts.map((content) => ({ role: "user", content })),
  });

  describe("screen", () => {
    it("says what it found, where and how often", () =>
      expect(screen(request("clean", `${KEY} ${KEY}`, "4111 1111 1111 1111"), DEFAULT_PATTERNS)).toEqual([
        { patternId: "aws-access-key-id", path: "messages.1.content", count: 2 },
        { patternId: "credit-card", path: "messages.2.content", count: 1 },
      ]));

    it("finds nothing in a clean request", () =>
      expect(screen(request("clean"), DEFAULT_PATTERNS)).toEqual([]));

    it("lists no more findings than are of use", () =>
      expect(screen(request(...Array(150).fill(KEY)), DEFAULT_PATTERNS)).toHaveLength(MAX_FINDINGS));
  });
});

describe("mask", () => {
  const KEY = "AKIA" + "QWERTYUIOP234567";
  const request = (content: Text) => ({ model: "m", max_tokens: 1, messages: [{ role: "user", content }] });
  const masked = (content: Text, patterns = DEFAULT_PATTERNS) =>
    mask(request(content), patterns).request.messages[0]?.content;

  describe("mask", () => {
    it("puts the pattern's name in the place of each match", () =>
      expect(masked(`a ${KEY}, b 4111 1111 1111 1111.`)).toBe("a [aws-access-key-id], b [credit-card]."));

    it("gives the same request and no findings when there is nothing", () => {
      const clean = request("clean");
      expect(mask(clean, DEFAULT_PATTERNS)).toEqual({ request: clean, findings: [] });
      expect(mask(clean, DEFAULT_PATTERNS).request).toBe(clean);
    });

    it("keeps every other byte of a text that is still escaped", () => {
      const around = `${toByteText("ä→😀")}\\/ \\u0041\\ud83d\\ude00 \\" `;
      expect(masked(RawText.of(`${around}\\u0041${KEY.slice(1)}${around}${KEY}`))).toEqual(
        RawText.of(`${around}[aws-access-key-id]${around}[aws-access-key-id]`),
      );
    });

    it.each(Object.entries(EXAMPLES))("masks %s once and for all", (_id, { positive }) => {
      for (const { text, found = text } of positive) {
        const once = masked(`see ${text} and ${text}`, PATTERNS) as string;
        expect(once).not.toContain(found);
        expect(masked(once, PATTERNS)).toBe(once);
      }
    });

    it("masks everything, however little it lists", () => {
      const many = request(Array(500).fill(KEY).join(" "));
      const { request: after, findings } = mask(many, DEFAULT_PATTERNS);
      expect(after.messages[0]?.content).toBe(Array(500).fill("[aws-access-key-id]").join(" "));
      expect(findings).toEqual([{ patternId: "aws-access-key-id", path: "messages.0.content", count: 500 }]);
    });
  });
});

describe("screening", () => {
  const MASK: ScreeningSettings = { ...SCREENING_OFF, action: "mask" };
  const resolved = (settings: ScreeningSettings, guardrails?: unknown) => {
    const screening = resolveScreening(settings, guardrails === undefined ? {} : { guardrails });
    return screening === undefined ? "off" : [screening.action, screening.patterns.length];
  };
  const ALL = PATTERNS.length;

  describe("resolveScreening", () => {
    it.each([
      ["nothing, and the default is off", SCREENING_OFF, undefined, "off"],
      ["nothing, and the default is to mask", MASK, undefined, ["mask", ALL - 1]],
      ["null", MASK, null, ["mask", ALL - 1]],
      ["off", MASK, { screen: "off" }, "off"],
      ["mask", SCREENING_OFF, { screen: "mask" }, ["mask", ALL - 1]],
      ["block", MASK, { screen: "block" }, ["block", ALL - 1]],
      ["patterns alone", MASK, { patterns: ["jwt", "email"] }, ["mask", 2]],
      ["patterns alone where the default is off", SCREENING_OFF, { patterns: ["jwt"] }, "off"],
      [
        "the default patterns and one more",
        MASK,
        { screen: "block", patterns: ["default", "email"] },
        ["block", ALL],
      ],
      ["nulls inside", MASK, { screen: null, patterns: null }, ["mask", ALL - 1]],
    ] as const)("a key says %s", (_name, settings, guardrails, expected) =>
      expect(resolved(settings, guardrails)).toEqual(expected),
    );

    it.each([
      [
        "on",
        "metadata.guardrails of this key is of kind boolean, which is not supported. Allowed: an object",
        true,
      ],
      ["a list", "metadata.guardrails of this key is of kind list", []],
      [
        "an action that is not there",
        'metadata.guardrails.screen of this key is "Block", which is not supported. Allowed: off, mask, block',
        { screen: "Block" },
      ],
      [
        "an action of another kind",
        "metadata.guardrails.screen of this key is of kind boolean",
        { screen: true },
      ],
      [
        "a name that is not there",
        'metadata.guardrails of this key is "action", which is not supported. Allowed: screen and patterns',
        { action: "block" },
      ],
      [
        "a pattern that is not there",
        'metadata.guardrails.patterns of this key is "swift", which is not supported. Allowed: a list of default, private-key',
        { patterns: ["jwt", "swift"] },
      ],
      ["no patterns", "metadata.guardrails.patterns of this key is of kind list", { patterns: [] }],
      ["patterns of another kind", 'metadata.guardrails.patterns of this key is "jwt"', { patterns: "jwt" }],
    ])("refuses every request when a key says %s", (_name, message, guardrails) => {
      const error = (() => {
        try {
          return resolveScreening(SCREENING_OFF, { guardrails });
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toMatchObject({ status: 503, code: "guardrails_unavailable" });
      expect((error as Error).message).toContain(message);
    });
  });

  describe("selectPatterns", () => {
    it("gives each once, in the order of the table", () =>
      expect(selectPatterns(["jwt", "email", "jwt", "private-key"])?.map(({ id }) => id)).toEqual([
        "private-key",
        "jwt",
        "email",
      ]));

    it("gives nothing when one is not known", () => expect(selectPatterns(["jwt", 1])).toBeUndefined());
  });
});
