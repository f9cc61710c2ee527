import { type AgentName, runAgent } from "../agents";
import { ClientRun } from "../client-run";
import { type GatewayUnderTest, MODEL } from "../gateway-under-test";
import { type GatewaySource, limitedKey, spentKey } from "./clients-context";

const SPENT = "Budget has been exceeded! Current cost: 0, Max budget: 0 (key).";
const LIMITED = "Limit type: max_parallel_requests. Current limit: 0, Remaining: 0.";
/** The SDKs of both makers try twice more what may work later. */
const TRIES = { spent: 1, limited: 3 } as const;

type Refusal = "spent" | "limited";
const KEYS: Readonly<Record<Refusal, (gateway: GatewayUnderTest, alias: string) => Promise<string>>> = {
  spent: spentKey,
  limited: limitedKey,
};

/**
 * Agent, refusal, what a user reads, and the most requests until the agent gives up. Codex tries five times more
 * whatever the status, and has words of its own for 429.
 */
const AGENTS: readonly (readonly [AgentName, Refusal, string, number])[] = [
  ["opencode", "spent", SPENT, 4],
  ["opencode", "limited", LIMITED, 20],
  ["claude-code", "spent", SPENT, 4],
  ["claude-code", "limited", LIMITED, 4],
  ["codex", "spent", SPENT, 6],
  ["codex", "limited", "last status: 429 Too Many Requests", 6],
];

/** What refuses a request is read by who asked for it, and ends it. */
export function describeRefusals(gateway: GatewaySource): void {
  let run: ClientRun;
  beforeEach(() => {
    run = new ClientRun();
  });
  afterEach(() => run?.remove());

  async function report(program: string, refusal: Refusal) {
    const key = await KEYS[refusal](gateway(), `refused-${program}-${refusal}`);
    const result = await run.program(`${program}.mjs`, { GATEWAY_URL: gateway().url, API_KEY: key, MODEL });
    expect([result.exitCode, result.contacted]).toEqual([0, []]);
    return JSON.parse(result.stdout) as unknown;
  }

  test.each([
    ["spent", 402, "APIError", SPENT],
    ["limited", 429, "RateLimitError", LIMITED],
  ] as const)("openai, %s: %i", async (refusal, status, name, message) => {
    const error = { class: name, status, message: expect.stringContaining(message), tries: TRIES[refusal] };
    expect(await report("openai-error", refusal)).toEqual({ chat: error, responses: error });
  });

  test.each([
    ["spent", 402, "PaymentRequiredError", "billing_error", SPENT],
    ["limited", 429, "RateLimitError", "rate_limit_error", LIMITED],
  ] as const)("@anthropic-ai/sdk, %s: %i", async (refusal, status, name, type, message) => {
    expect(await report("anthropic-error", refusal)).toEqual({
      class: name,
      status,
      type,
      message: expect.stringContaining(message),
      tries: TRIES[refusal],
    });
  });

  test.each(AGENTS)("%s, %s: says so and ends", async (agent, refusal, message, most) => {
    const alias = `refused-${agent}-${refusal}`;
    const key = await KEYS[refusal](gateway(), alias);
    const { exitCode, stdout, stderr } = await runAgent(agent, run, {
      url: gateway().url,
      key,
      prompt: "Say hello",
    });
    expect(stdout + stderr).toContain(message);
    expect(exitCode).toBe(1);
    const statuses = (await gateway().auditRows(alias)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([refusal === "spent" ? 402 : 429]));
    expect(statuses.length).toBeLessThanOrEqual(most);
  });
}
