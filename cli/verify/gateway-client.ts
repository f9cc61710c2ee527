import { reasonOf } from "../reason-of";
import { UserError } from "../terminal/user-error";

/** An answer, read to its end. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Longest wait for an answer, in milliseconds. */
const TIMEOUT_MS = 120_000;

/** HTTP to a gateway, with a key for each call. */
export class GatewayClient {
  constructor(
    private readonly url: string,
    /** Ends every call that runs. */
    private readonly signal?: AbortSignal,
  ) {}

  /** The same gateway, for calls that nothing ends but their time limit. */
  unstoppable(): GatewayClient {
    return new GatewayClient(this.url);
  }

  get(path: string, key: string): Promise<GatewayAnswer> {
    return this.call(path, { headers: { authorization: `Bearer ${key}` } });
  }

  post(
    path: string,
    key: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<GatewayAnswer> {
    return this.call(path, {
      method: "POST",
      headers: { ...headers, authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  /** @throws UserError when no answer comes; the reason of the signal when it ended the call */
  private async call(path: string, init: RequestInit): Promise<GatewayAnswer> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = this.signal === undefined ? timeout : AbortSignal.any([timeout, this.signal]);
    try {
      // A redirect would carry the key elsewhere.
      const response = await fetch(`${this.url}${path}`, { ...init, signal, redirect: "error" });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (cause) {
      if (this.signal?.aborted === true) throw this.signal.reason;
      throw new UserError(
        `${this.url}${path} gives no answer (${reasonOf(cause)})`,
        "start the gateway (npm start, npm run deploy), or name it with --url",
      );
    }
  }
}

/** What an answer says for people, shortened. */
export function messageOf({ status, text }: GatewayAnswer): string {
  return `HTTP ${status}: ${text.slice(0, 300)}`;
}
