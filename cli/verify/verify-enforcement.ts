import { randomBytes } from "node:crypto";
import type { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import { checkEnforcement } from "./check-enforcement";
import type { EnforcementCase } from "./enforcement-cases";
import type { VerifiedCase } from "./enforcement-report";
import { GatewayClient, messageOf } from "./gateway-client";

/** What to verify, and with what. */
export interface EnforcementVerification {
  /** Of the gateway, without a slash at the end. */
  readonly url: string;
  readonly masterKey: string;
  readonly model: string;
  readonly cases: readonly EnforcementCase[];
  readonly progress: Progress;
  /** Ends it early; the keys are deleted all the same. */
  readonly signal: AbortSignal;
}

/** Keys end by themselves, should nobody be left to delete them. */
const KEY_LIFETIME = "10m";

/**
 * Makes a key for each case, uses it as a client would, and deletes it.
 * @throws UserError when the model cannot be used, a key cannot be made, or the gateway gives no answer; the signal's reason when it ended
 */
export async function verifyEnforcement(props: EnforcementVerification): Promise<VerifiedCase[]> {
  const { url, masterKey, model, cases, progress, signal } = props;
  const gateway = new GatewayClient(url, signal);
  await checkModel(gateway, masterKey, model);
  const verified: VerifiedCase[] = [];
  for (const one of cases) {
    const alias = `verify-${one.name}-${randomBytes(4).toString("hex")}`;
    await progress.step(`key ${alias}`, async (done) => {
      try {
        const key = await makeKey(gateway, masterKey, alias, one);
        const checks = await checkEnforcement(gateway, key, one, model);
        verified.push({ case: one, alias, checks });
        const faults = checks.filter(({ holds }) => !holds).length;
        done(faults === 0 ? `${checks.length} checks` : `${faults} of ${checks.length} checks FAILED`);
      } finally {
        await deleteKey(gateway.unstoppable(), masterKey, alias);
      }
    });
  }
  return verified;
}

/** A gateway lists the models that it can use. Without this one every check would fail for the same reason. */
async function checkModel(gateway: GatewayClient, masterKey: string, model: string): Promise<void> {
  const answer = await gateway.get("/v1/models", masterKey);
  // Another fault, such as a wrong master key, is told when a key is made.
  if (answer.status !== 200) return;
  const { data } = JSON.parse(answer.text) as { data: readonly { readonly id: string }[] };
  if (data.some(({ id }) => id === model)) return;
  const usable = data.map(({ id }) => id).join(", ");
  throw new UserError(
    `nothing was verified: the gateway cannot use the model ${model}; it can use ${usable || "none"}`,
    usable === ""
      ? "give its provider a credential, such as ANTHROPIC_API_KEY, in the environment of npm run deploy"
      : "name one of these with --model, or give its provider a credential in the environment of npm run deploy",
  );
}

async function makeKey(
  gateway: GatewayClient,
  masterKey: string,
  alias: string,
  { level, scope }: EnforcementCase,
): Promise<string> {
  const answer = await gateway.post("/key/generate", masterKey, {
    key_alias: alias,
    duration: KEY_LIFETIME,
    metadata: {
      ...(level === undefined ? {} : { enforcement_level: level }),
      ...(scope === undefined ? {} : { scope }),
      created_by: "sluice verify",
    },
  });
  const key: unknown = answer.status === 200 ? JSON.parse(answer.text).key : undefined;
  if (typeof key === "string") return key;
  throw new UserError(
    `the gateway did not make the key ${alias} (${messageOf(answer)})`,
    answer.status === 401
      ? "give this gateway's own master key: LITELLM_MASTER_KEY or --master-key-file"
      : undefined,
  );
}

/** By its alias: an interrupted call may have made a key that nobody got to see. */
async function deleteKey(gateway: GatewayClient, masterKey: string, alias: string): Promise<void> {
  try {
    const answer = await gateway.post("/key/delete", masterKey, { key_aliases: [alias] });
    // Not there: it was never made. Refused: it could not be made either, and that is what is said.
    if ([200, 401, 403, 404].includes(answer.status)) return;
    console.error(
      `the key ${alias} is not deleted (${messageOf(answer)}); it ends by itself within ${KEY_LIFETIME}`,
    );
  } catch (error) {
    console.error(`the key ${alias} may be left, for ${KEY_LIFETIME}: ${(error as Error).message}`);
  }
}
