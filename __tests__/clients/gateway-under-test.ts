/** A gateway that clients are pointed at, and what its operator can see. */
export interface GatewayUnderTest {
  /** Without `/v1`. Its models are `MODEL` and `SMALL_MODEL`. */
  readonly url: string;
  /** Makes a virtual key. @param settings of `/key/generate` */
  createKey(settings: Readonly<Record<string, unknown>>): Promise<string>;
  /** Audit rows of the key with this alias, oldest first. */
  auditRows(alias: string): Promise<readonly AuditedRequest[]>;
  /** Everything that the provider was asked so far. */
  upstreamRequests(): Promise<readonly UpstreamRequest[]>;
}

/** Columns of `audit_log` that the tests look at. */
export interface AuditedRequest {
  readonly route: string;
  readonly status: number;
  readonly model_requested: string | null;
  readonly client: string | null;
  readonly session_id: string | null;
  readonly enforcement_level: string | null;
  readonly cost_nano_usd: number;
}

/** A request that `support/applied/fake-anthropic.cjs` got. */
export interface UpstreamRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly system?: readonly { readonly type: string; readonly text: string }[];
    readonly messages: readonly { readonly role: string; readonly content: unknown }[];
    readonly tools?: readonly { readonly name: string }[];
    readonly [field: string]: unknown;
  };
}

/** 3 and 15 USD a million tokens. */
export const MODEL = "claude-sonnet-4-5";
/** 1 and 5 USD a million tokens. */
export const SMALL_MODEL = "claude-haiku-4-5";

/** Nano-USD of one answer of the fake provider: 11 tokens in, 5 out. */
export const COST_NANO: Readonly<Record<string, number>> = {
  [MODEL]: 11 * 3000 + 5 * 15_000,
  [SMALL_MODEL]: 11 * 1000 + 5 * 5000,
};

/** @throws Error unless the gateway takes the request for a key */
export async function createKey(
  url: string,
  masterKey: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<string> {
  // A command may have blocked this process for long: let it see first which connections have ended meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const response = await fetch(`${url}/key/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${masterKey}`, "content-type": "application/json" },
    body: JSON.stringify(settings),
  });
  if (response.status !== 200) throw new Error(`no key: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { key: string }).key;
}
