import { UserError } from "../terminal/user-error";

const ALIAS = "demo";

/** What a demo key may do: enough to look around, too little to hurt. */
const LIMITS = { max_budget: 1, budget_duration: "1d", rpm_limit: 60 };

/**
 * Makes a new key with the alias `demo` and a budget of 1 USD a day. The gateway keeps a hash only, so
 * the key of an earlier start cannot be shown again; it is deleted.
 * @throws UserError when the gateway refuses
 */
export async function createDemoKey(gatewayUrl: string, masterKey: string): Promise<string> {
  const post = (path: string, body: unknown) =>
    fetch(`${gatewayUrl}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${masterKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  // On the first start there is nothing to delete, and the gateway says so.
  await (await post("/key/delete", { key_aliases: [ALIAS] })).arrayBuffer();
  const response = await post("/key/generate", { key_alias: ALIAS, ...LIMITS });
  const text = await response.text();
  const key: unknown = response.ok ? JSON.parse(text).key : undefined;
  if (typeof key === "string") return key;
  throw new UserError(
    `the gateway did not make the demo key (HTTP ${response.status}): ${text.slice(0, 300)}`,
  );
}
