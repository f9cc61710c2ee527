import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ADMIN, type GuideNeed, guideRows, JSON_BODY } from "./rows";

/** A gateway that the commands are typed to. */
export interface GuideTarget {
  readonly url: string;
  readonly masterKey: string;
  readonly models: readonly string[];
  readonly has: readonly GuideNeed[];
  /** First block of the system prompt that the provider received last. */
  lastRules(): Promise<string | undefined>;
}

/** Runs a command as it is typed, only that its host is this gateway and that the status is asked for. */
export async function runCommand(
  { url, masterKey }: Pick<GuideTarget, "url" | "masterKey">,
  command: string,
  userKey = "",
  // biome-ignore lint/suspicious/noExplicitAny: each row asserts on the shape
): Promise<{ status: number; body: any }> {
  const typed = command
    .replaceAll(/http:\/\/(localhost|litellm):4000/g, url)
    .replaceAll("<user-key>", userKey);
  const { stdout } = await promisify(execFile)("bash", ["-c", `${typed} -s -w '\\n%{http_code}'`], {
    env: { PATH: process.env["PATH"] ?? "", LITELLM_MASTER_KEY: masterKey },
  });
  const [, body = "", status = ""] = /^([\s\S]*)\n(\d+)$/.exec(stdout) ?? [];
  return { status: Number(status), body: JSON.parse(body) };
}

/**
 * The commands to the gateway that guides and scripts for LiteLLM tell their readers to type, run with curl: each with the
 * status and the facts that its reader looks for. In their order: later ones use what earlier ones made.
 */
export function describeGuideCommands(
  { models, has }: Pick<GuideTarget, "models" | "has">,
  open: () => GuideTarget,
): void {
  /** What the commands call `<user-key>`. */
  let userKey: string;
  beforeAll(async () => {
    const made = await runCommand(
      open(),
      `curl -s http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"key_alias":"workspace-1","user_id":"ada","metadata":{"enforcement_level":"design-first"}}'`,
    );
    userKey = made.body.key;
  });
  const rows = guideRows(models).filter(({ needs }) => needs === undefined || has.includes(needs));
  test.each(rows)("$who", async ({ command, status = 200, fact, rules }) => {
    const answer = await runCommand(open(), command, userKey);
    expect(answer.status).toBe(status);
    if (Array.isArray(answer.body)) expect(answer.body).toEqual(fact);
    else expect(answer.body).toMatchObject(fact as object);
    if (rules !== undefined) expect(await open().lastRules()).toEqual(rules);
  });
}
