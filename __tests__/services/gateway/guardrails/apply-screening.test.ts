import { applyScreening } from "../../../../services/gateway/guardrails/apply-screening";
import type { Finding } from "../../../../services/gateway/guardrails/finding";
import { DEFAULT_PATTERNS } from "../../../../services/gateway/guardrails/patterns";
import { SCREENING_OFF } from "../../../../services/gateway/guardrails/screening";
import { FakeAnthropic, failWith } from "../../../support/services/fake-anthropic";
import {
  anthropicDeployment,
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
  type TestGatewayProps,
} from "../../../support/services/test-gateway";

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
    expect(applyScreening(request, undefined)).toEqual({ request, findings: [] }));

  it("masks and tells", () => {
    const masked = applyScreening(request, { ...screening, action: "mask" });
    expect(masked.request.messages[0]?.content).toBe("my [aws-access-key-id]");
    expect(masked.findings).toEqual(findings);
    expect(told).toEqual([findings]);
  });

  it("blocks and tells", () => {
    expect(() => applyScreening(request, { ...screening, action: "block" })).toThrow(
      "The request was not sent",
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

  it("does not look at the working rules", async () => {
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
