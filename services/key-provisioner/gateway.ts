import { z } from "zod";
import type { Secret } from "../shared/secret";
import { callJson, type JsonAnswer, NoAnswerError } from "./call-json";
import { ProvisionerError, unavailable } from "./errors";

const gatewayKey = z.object({
  key_id: z.string(),
  key_alias: z.string().nullable(),
  user_id: z.string().nullable(),
  models: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  spend: z.number(),
  expires: z.string().nullable(),
  blocked: z.boolean(),
  max_budget: z.number().nullable(),
  budget_duration: z.string().nullable(),
  rpm_limit: z.number().nullable(),
  tpm_limit: z.number().nullable(),
  max_parallel_requests: z.number().nullable(),
  created_by: z.string(),
  budget_reset_at: z.string().nullish(),
});
const keyInfo = z.object({ info: gatewayKey });
const keysInfo = z.object({ info: z.array(gatewayKey) });
const keyPage = z.object({ keys: z.array(gatewayKey), total_pages: z.number() });

/** A key as the gateway knows it. */
export type GatewayKey = z.output<typeof gatewayKey>;

/** What the key-provisioner decides about a key, in the gateway's own words. */
export interface KeySettings {
  readonly user_id: string | null;
  readonly models: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** USD. */
  readonly max_budget: number;
  readonly budget_duration: string;
  readonly rpm_limit: number;
  readonly tpm_limit: number;
  readonly max_parallel_requests: number;
}

/**
 * The token that the gateway takes, while it may change: both sides follow their files, nobody knows which one first. So the one before it is
 * tried as well.
 */
export class GatewayToken {
  #current: string;
  #former: string | undefined;

  constructor(token: Secret) {
    this.#current = token.expose();
  }

  replace(token: Secret): void {
    const next = token.expose();
    if (next === this.#current) return;
    this.#former = this.#current;
    this.#current = next;
  }

  /** In the order in which they are tried. */
  get candidates(): readonly string[] {
    return this.#former === undefined ? [this.#current] : [this.#current, this.#former];
  }
}

/** Entries of one page; the gateway's limit. */
const PAGE = 100;

/** The gateway's key management, as the role provisioner may use it. */
export class Gateway {
  readonly #url: string;
  readonly #token: GatewayToken;
  readonly #lookAgain: () => void;

  /** @param lookAgain called when the gateway takes no token, before it is asked once more: it may replace them */
  constructor(url: string, token: GatewayToken, lookAgain: () => void = () => {}) {
    this.#url = url;
    this.#token = token;
    this.#lookAgain = lookAgain;
  }

  /** @param reference a key itself, or an alias. @returns `undefined` when there is none */
  async find(
    reference: { readonly key: string } | { readonly key_alias: string },
  ): Promise<GatewayKey | undefined> {
    // In a body: an URL ends up in logs.
    const answer = await this.#call("POST", "/key/info", reference);
    if (answer.status === 404) return undefined;
    return read(keyInfo, answer).info;
  }

  /** Those of the ids that exist. @param ids at most 100 */
  async findAll(ids: readonly string[]): Promise<readonly GatewayKey[]> {
    if (ids.length === 0) return [];
    const answer = await this.#call("POST", "/v2/key/info", { keys: ids });
    return answer.status === 404 ? [] : read(keysInfo, answer).info;
  }

  /** Makes a key with this secret. @throws ProvisionerError 502 when the gateway refuses, as for an alias that is taken */
  async generate(secret: string, alias: string, settings: KeySettings): Promise<GatewayKey> {
    return read(
      gatewayKey,
      await this.#call("POST", "/key/generate", { key: secret, key_alias: alias, ...settings }),
    );
  }

  /** Gives the key with this alias another secret; its id and its spend stay. */
  async regenerate(alias: string, secret: string, settings: KeySettings): Promise<GatewayKey> {
    const body = { key_alias: alias, new_key: secret, ...settings };
    return read(gatewayKey, await this.#call("POST", "/key/regenerate", body));
  }

  async update(
    keyId: string,
    changes: Partial<KeySettings> & { readonly spend?: number },
  ): Promise<GatewayKey> {
    return read(gatewayKey, await this.#call("POST", "/key/update", { key: keyId, ...changes }));
  }

  /** @returns whether there was one */
  async delete(alias: string): Promise<boolean> {
    const answer = await this.#call("POST", "/key/delete", { key_aliases: [alias] });
    if (answer.status === 404) return false;
    read(z.object({ deleted_keys: z.array(z.string()) }), answer);
    return true;
  }

  /** Every key that fits, page by page. @param userId @default - of everybody */
  async *list(userId?: string): AsyncGenerator<GatewayKey> {
    const of = userId === undefined ? "" : `&user_id=${encodeURIComponent(userId)}`;
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const path = `/key/list?return_full_object=true&size=${PAGE}&page=${page}&sort_order=asc${of}`;
      const { keys, total_pages } = read(keyPage, await this.#call("GET", path));
      pages = total_pages;
      yield* keys;
    }
  }

  /** What the gateway says about a key to whoever holds it. @throws ProvisionerError 401 for a key that it does not take */
  async describeOwn(key: string): Promise<GatewayKey> {
    const answer = await this.#ask("GET", "/key/info", key);
    if (answer.status === 401 || answer.status === 403)
      throw new ProvisionerError(401, "invalid_key", "The gateway does not take this key.");
    if (answer.status === 404)
      throw new ProvisionerError(
        404,
        "not_a_virtual_key",
        "This is no virtual key, so it has no budget to show.",
      );
    return read(keyInfo, answer).info;
  }

  async #call(method: string, path: string, body?: unknown): Promise<JsonAnswer> {
    const tried = new Set<string>();
    for (const isLast of [false, true]) {
      for (const token of this.#token.candidates) {
        if (tried.has(token)) continue;
        tried.add(token);
        const answer = await this.#ask(method, path, token, body);
        if (answer.status !== 401) return answer;
      }
      if (!isLast) this.#lookAgain();
    }
    throw unavailable(
      "gateway_token_refused",
      "The gateway does not take the key-provisioner's token. It does within a minute after a rotation; otherwise deploy again.",
    );
  }

  async #ask(method: string, path: string, token: string, body?: unknown): Promise<JsonAnswer> {
    let answer: JsonAnswer;
    try {
      answer = await callJson(`${this.#url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        body,
        timeoutMs: 10_000,
      });
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      throw unavailable("gateway_unreachable", `The gateway gives no answer (${error.message}).`, error);
    }
    if (answer.status === 503)
      throw unavailable("gateway_unavailable", "The gateway cannot manage keys at present.");
    return answer;
  }
}

/** @throws ProvisionerError 502 with what the gateway said */
function read<Shape>(shape: z.ZodType<Shape>, { status, body }: JsonAnswer): Shape {
  const result = status === 200 ? shape.safeParse(body) : undefined;
  if (result?.success === true) return result.data;
  const said = (body as { error?: { message?: unknown } } | undefined)?.error?.message;
  const why = typeof said === "string" ? said.slice(0, 300) : "an answer that is not understood";
  throw new ProvisionerError(502, "gateway_refused", `The gateway answers ${status}: ${why}`);
}
