import type { Secret } from "../../shared/secret";
import type { EnforcedPrompt } from "../enforcement/policy";
import { GatewayError } from "../errors/gateway-error";
import type { ProviderAccess } from "./deployment";

/** Takes out of a provider's text what the gateway had put into its request. */
export type Redact = (text: string) => string;

/** Stands for what was taken out. */
const MASK = "[masked]";
/** Letters and digits in a row that a text may share with a credential, at most; its public beginning, such as `sk-ant-`, is shorter. */
const CREDENTIAL_RUN = 12;
/** The same with enforced prompts: a few words may well stand in an error. */
const RULES_RUN = 24;
/** What has fewer letters and digits is no credential, and would be found in every text. */
const LEAST_RUN = 6;
/** What could be base64, in the alphabet of URLs too. */
const BASE64 = /[A-Za-z0-9+/_-]{16,}/g;

/** Pieces of one text of which none may be relayed; all of the same length. */
interface Known {
  readonly length: number;
  readonly pieces: ReadonlySet<string>;
}

/** The letters and digits of a text, and where each of them stood. */
interface Skeleton {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

const credentials = new WeakMap<Secret, Known>();
const rules = new WeakMap<EnforcedPrompt, Known>();

/**
 * What may not be relayed of a request: the deployment's credentials and the key's enforced prompt, whole or in long pieces,
 * also escaped as in JSON or URLs, with other white space, or in base64. Nothing is done before there is a text.
 * @param prompts the enforced prompts inside the request
 * @param signature of the request, where it has one
 */
export function createRedact(
  access: ProviderAccess,
  prompts: readonly EnforcedPrompt[],
  signature?: string,
): Redact {
  return (text) => {
    const known = [
      ...secretsOf(access).map((secret) =>
        once(credentials, secret, () => piecesOf(secret.expose(), CREDENTIAL_RUN)),
      ),
      ...prompts.map((prompt) => once(rules, prompt, () => piecesOf(prompt.text, RULES_RUN))),
      ...(signature === undefined ? [] : [piecesOf(signature, CREDENTIAL_RUN)]),
    ].filter(({ length }) => length >= LEAST_RUN);
    return cut(text, [...findPlain(text, known), ...findInBase64(text, known)]);
  };
}

/** A failure as it may be told to a client. */
export function redactFailure(failure: GatewayError, redact: Redact): GatewayError {
  const message = redact(failure.message);
  if (message === failure.message) return failure;
  // The text alone is no enumerable member.
  return Object.assign(new GatewayError(failure.status, failure.type, message), failure);
}

function secretsOf(access: ProviderAccess): readonly Secret[] {
  if (access.provider === "anthropic") return [access.apiKey];
  const { credentials: given } = access;
  if ("apiKey" in given) return [given.apiKey];
  const { accessKeyId, secretAccessKey, sessionToken } = given;
  return [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])];
}

function once<Key extends object>(known: WeakMap<Key, Known>, key: Key, make: () => Known): Known {
  let made = known.get(key);
  if (made === undefined) {
    made = make();
    known.set(key, made);
  }
  return made;
}

function piecesOf(given: string, run: number): Known {
  const { text } = toSkeleton(given);
  const length = Math.min(run, text.length);
  const pieces = new Set<string>();
  for (let at = 0; at + length <= text.length; at += 1) pieces.add(text.slice(at, at + length));
  return { length, pieces };
}

/** @returns ranges of the text, in no order */
function findPlain(text: string, known: readonly Known[]): (readonly [start: number, end: number])[] {
  const { text: bare, starts, ends } = toSkeleton(text);
  const found: [number, number][] = [];
  for (const { length, pieces } of known) {
    for (let at = 0; at + length <= bare.length; at += 1) {
      if (!pieces.has(bare.slice(at, at + length))) continue;
      found.push([starts[at] as number, ends[at + length - 1] as number]);
    }
  }
  return found;
}

/** Whole runs of base64 that hold something, wherever in it their groups of four begin. */
function findInBase64(text: string, known: readonly Known[]): (readonly [start: number, end: number])[] {
  return [...text.matchAll(BASE64)].flatMap(({ 0: run, index }) => {
    const holds = [0, 1, 2, 3].some((shift) => {
      const decoded = Buffer.from(run.slice(shift), "base64").toString("utf8");
      return findPlain(decoded, known).length > 0;
    });
    return holds ? [[index, index + run.length] as const] : [];
  });
}

function cut(text: string, ranges: readonly (readonly [start: number, end: number])[]): string {
  let kept = "";
  let from = 0;
  let isMasked = false;
  for (const [start, end] of [...ranges].sort(([a], [b]) => a - b)) {
    if (end <= from) continue;
    if (start > from || !isMasked) kept += text.slice(from, start) + MASK;
    isMasked = true;
    from = end;
  }
  return kept + text.slice(from);
}

/** What JSON, however often it was escaped, URLs and HTML write in place of a character. White space that JSON escapes counts as such. */
const ESCAPED = /\\+u([0-9a-f]{4})|\\+[bfnrtv]|((?:%[0-9a-f]{2})+)|&#?\w{1,8};/iy;
const BEGINS_ESCAPED = new Set(["\\", "%", "&"]);
const IS_BARE = /[\p{L}\p{N}]/u;

function toSkeleton(given: string): Skeleton {
  let text = "";
  const starts: number[] = [];
  const ends: number[] = [];
  for (let at = 0; at < given.length; ) {
    let written = given[at] as string;
    let meant = written;
    if (BEGINS_ESCAPED.has(written)) {
      ESCAPED.lastIndex = at;
      const match = ESCAPED.exec(given);
      if (match !== null) {
        written = match[0];
        meant = meaningOf(match[1], match[2]);
      }
    }
    for (const unit of meant) {
      if (!IS_BARE.test(unit)) continue;
      const bare = unit.toLowerCase();
      text += bare;
      for (let count = 0; count < bare.length; count += 1) {
        starts.push(at);
        ends.push(at + written.length);
      }
    }
    at += written.length;
  }
  return { text, starts, ends };
}

function meaningOf(code: string | undefined, percent: string | undefined): string {
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  try {
    return decodeURIComponent(percent ?? "");
  } catch {
    return "";
  }
}
