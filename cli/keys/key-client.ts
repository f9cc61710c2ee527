import { z } from "zod";
import { reasonOf } from "../reason-of";
import { UserError } from "../terminal/user-error";

const key = z.object({
  alias: z.string().nullable(),
  scope: z.string().nullable(),
  level: z.string().nullable(),
  owner: z.string().nullable(),
  budget_usd: z.number().nullish(),
  spent_usd: z.number().optional(),
  budget_period: z.string().nullish(),
  resets_at: z.string().nullish(),
  requests_per_minute: z.number().nullish(),
  models: z.array(z.string()).optional(),
  state: z.string().optional(),
});
const newKey = key.extend({ key: z.string(), reused: z.boolean() });
const keyPage = z.object({ keys: z.array(key), next_after: z.string().nullable() });

/** What the key-provisioner says about a key. */
export type KeyDescription = z.output<typeof key>;
/** A key that it has made or given again. */
export type KeyWithSecret = z.output<typeof newKey>;

/** A key is made in a moment; the gateway and Coder may have to be waited for, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** The key-provisioner, with a credential. */
export class KeyClient {
  /** @param url without a slash at the end */
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  selfService(purpose: string | undefined): Promise<KeyWithSecret> {
    return this.call(newKey, "POST", "/keys/self-service", purpose === undefined ? {} : { purpose });
  }

  /** What is left on the key that is the credential. */
  ownInfo(): Promise<KeyDescription> {
    return this.call(key, "GET", "/keys/info");
  }

  create(what: { kind: "ci"; repo: string } | { kind: "agent"; role: string }): Promise<KeyWithSecret> {
    return this.call(newKey, "POST", "/keys/service", what);
  }

  async bootstrap(users: readonly string[]): Promise<readonly KeyWithSecret[]> {
    return (await this.call(z.object({ keys: z.array(newKey) }), "POST", "/keys/bootstrap", { users })).keys;
  }

  async list(): Promise<readonly KeyDescription[]> {
    const keys: KeyDescription[] = [];
    for (let after: string | null = ""; after !== null; ) {
      const page: z.output<typeof keyPage> = await this.call(
        keyPage,
        "GET",
        `/keys/list${after === "" ? "" : `?after=${encodeURIComponent(after)}`}`,
      );
      keys.push(...page.keys);
      after = page.next_after;
    }
    return keys;
  }

  info(alias: string): Promise<KeyDescription> {
    return this.call(key, "GET", pathOf(alias));
  }

  rotate(alias: string): Promise<KeyWithSecret> {
    return this.call(newKey, "POST", `${pathOf(alias)}/rotate`);
  }

  async revoke(alias: string): Promise<void> {
    await this.call(z.object({ revoked: z.string() }), "DELETE", pathOf(alias));
  }

  async permitLevel(alias: string, level: string | null): Promise<void> {
    await this.call(z.object({ alias: z.string() }), "PUT", `${pathOf(alias)}/level`, { level });
  }

  /** @returns how many keys the user has */
  async resetUser(userId: string): Promise<number> {
    return (await this.call(z.object({ keys: z.number() }), "POST", "/keys/reset-user", { user_id: userId }))
      .keys;
  }

  /** @throws UserError in the key-provisioner's words */
  private async call<Shape>(
    shape: z.ZodType<Shape>,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Shape> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        // It would carry the credential elsewhere.
        redirect: "error",
      });
      text = await response.text();
    } catch (cause) {
      throw new UserError(
        `the key-provisioner gives no answer at ${this.url} (${reasonOf(cause)})`,
        "start it (npm start, npm run deploy), or name it with --url",
      );
    }
    const answer = parse(text);
    const result = response.ok ? shape.safeParse(answer) : undefined;
    if (result?.success === true) return result.data;
    const said = z.object({ error: z.object({ message: z.string() }) }).safeParse(answer).data?.error.message;
    throw new UserError(
      `the key-provisioner answers ${response.status}: ${said ?? "something that is not understood"}`,
      REMEDIES[response.status],
    );
  }
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: "see which credential is used: npm run sluice -- keys --help",
  404: "see which keys there are: npm run sluice -- keys list",
  503: "see what is missing: npm run status",
};

const pathOf = (alias: string) => `/keys/${encodeURIComponent(alias)}`;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
