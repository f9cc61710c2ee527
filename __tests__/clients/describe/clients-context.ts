import { type AuditedRequest, COST_NANO, type GatewayUnderTest, MODEL } from "../gateway-under-test";

/** Gives the gateway once it runs. */
export type GatewaySource = () => GatewayUnderTest;

/** A prompt that the fake provider answers with a call of a tool that writes a file. */
export const writeTask = (path: string, text: string) =>
  `Create the file ${path} holding [[${text}]] and say when it is done.`;

/** What the fake provider says after the tool has run. */
export const DONE = "Done: the file is written.";

/** How a client does its task: with a key that has the standard working rules. */
export const standardKey = (gateway: GatewayUnderTest, alias: string) =>
  gateway.createKey({ key_alias: alias, user_id: "ada", metadata: { enforcement_level: "standard" } });

/** A key that has nothing left to spend. */
export const spentKey = (gateway: GatewayUnderTest, alias: string) =>
  gateway.createKey({ key_alias: alias, max_budget: 0 });

/** A key for which there is never room: each request is 429, to be tried again in a second. */
export const limitedKey = (gateway: GatewayUnderTest, alias: string) =>
  gateway.createKey({ key_alias: alias, max_parallel_requests: 0 });

/** First line of the working rules that must stand before everything else. */
export const RULES = "# Working rules: standard";

/** Every row was answered, costs exactly what the fake provider's usage says, and names the client and the level. */
export function expectAnswered(rows: readonly AuditedRequest[], count: number, client: RegExp): void {
  const wanted = rows.map(({ model_requested: model }) => ({
    status: 200,
    cost_nano_usd: COST_NANO[model ?? MODEL],
    enforcement_level: "standard",
    client: expect.stringMatching(client),
  }));
  expect(rows).toHaveLength(count);
  expect(rows).toEqual(wanted.map((row) => expect.objectContaining(row)));
}

/** Whatever went upstream after `from` had the working rules as its very first block. */
export async function expectEnforced(gateway: GatewayUnderTest, from: number, count: number): Promise<void> {
  const sent = (await gateway.upstreamRequests()).slice(from);
  const generated = sent.filter(({ path }) => path === "/v1/messages");
  expect(generated).toHaveLength(count);
  for (const { body } of generated) expect(body.system?.[0]?.text.slice(0, RULES.length)).toBe(RULES);
}
