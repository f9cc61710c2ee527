import type { GatewayError } from "./gateway-error";

/** Members that are not there fit everything. */
interface Rule {
  readonly code?: RegExp;
  /** From the first status to the last. */
  readonly statuses?: readonly [number, number];
  /** Whether it says when to try again. */
  readonly isTimed?: boolean;
  /** `undefined`: the client decides, by the status. */
  readonly answer: boolean | undefined;
}

/** The first rule that fits holds. */
const RULES: readonly Rule[] = [
  // Somebody must first put a configuration, an account or a key right.
  {
    code: /^(?:upstream_(?:account|auth|not_found|permission)|deployment_misconfigured)$/,
    answer: false,
  },
  { code: /^(?:enforcement|guardrails)_/, answer: false },
  { code: /^unsupported_transfer_encoding$/, answer: false },
  { code: /^no_deployment$/, isTimed: false, answer: false },
  // Want of capacity, which passes.
  { statuses: [429, 429], answer: true },
  { statuses: [503, 503], answer: true },
  { statuses: [408, 409], answer: undefined },
  // The same request would be refused for the same reason: a budget, a key, a model, a field.
  { statuses: [400, 499], answer: false },
];

/**
 * Whether a client does well to send the same request again by itself; sent as `x-should-retry`, which the SDKs of OpenAI and
 * Anthropic follow before they look at the status.
 * @returns `undefined`: nobody knows, so the client decides
 */
export function shouldRetry({ status, code, retryAfterSeconds }: GatewayError): boolean | undefined {
  const isTimed = retryAfterSeconds !== undefined;
  return RULES.find(
    (rule) =>
      (rule.code?.test(code) ?? true) &&
      (rule.statuses === undefined || (status >= rule.statuses[0] && status <= rule.statuses[1])) &&
      (rule.isTimed === undefined || rule.isTimed === isTimed),
  )?.answer;
}
