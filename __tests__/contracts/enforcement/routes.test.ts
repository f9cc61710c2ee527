import { bodyOf, DIALECTS } from "../../support/enforcement/bodies";
import { judgeSent } from "../../support/enforcement/judge-sent";
import { closeRaw, sendRaw } from "../../support/enforcement/raw-request";
import {
  expectedAt,
  keyOf,
  modelOf,
  type RulesGateway,
  startRulesGateway,
} from "../../support/enforcement/rules-gateway";

/** No other route leads to a provider: each that Fastify has is sent what the generating ones take. */
const LANE = "a";
const model = modelOf(LANE, "anthropic", "first attempt");
let rules: RulesGateway;

beforeAll(async () => {
  rules = await startRulesGateway([LANE]);
});
afterAll(async () => {
  closeRaw();
  await rules.close();
});

async function reachesProvider(method: string, path: string): Promise<boolean> {
  let hasReached = false;
  for (const dialect of DIALECTS) {
    await sendRaw(rules.url, {
      method,
      path: path.replaceAll(/:\w+|\*/g, model),
      headers: { authorization: `Bearer ${keyOf("standard")}`, "content-type": "application/json" },
      body: method === "GET" || method === "HEAD" ? "" : JSON.stringify({ model, ...bodyOf(dialect, {}) }),
    });
    const captured = rules.provider.take(LANE);
    for (const one of captured) expect(judgeSent(one, expectedAt("anthropic", "standard"))).toEqual([]);
    hasReached ||= captured.length > 0;
  }
  return hasReached;
}

it("of those that reach a provider are those that are said to generate", async () => {
  const found: string[] = [];
  for (const { method, path } of rules.routes) {
    if (await reachesProvider(method, path)) found.push(`${method} ${path}`);
  }
  const said = rules.routes.filter(({ accessesModels }) => accessesModels);
  expect(found).toEqual(said.map(({ method, path }) => `${method} ${path}`));
  expect(said.length).toBeGreaterThanOrEqual(6);
  expect(rules.routes.length).toBeGreaterThan(30);
});

it.each(["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "QUERY"])("by %s reach none", async (method) => {
  for (const { path } of rules.routes.filter(({ accessesModels }) => accessesModels)) {
    expect(await reachesProvider(method, path)).toBe(false);
  }
});
