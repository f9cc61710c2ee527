import { isList, isObject } from "../json/client-value";
import { ValueAllowance } from "../json/json-value";
import { parseJson } from "../json/parse-json";
import type { EnforcementPolicy } from "./policy";

/** Messages and blocks that must not be in what is sent, as `writeJson` would write them. */
const SUSPICIOUS = /"role":"(?:system|developer)"|"type":"tool_(?:addition|removal)"/;
/** A large text would be slow to make, so the bytes are searched in pieces… */
const PIECE_BYTES = 32 * 1024;
/** …which overlap by more than the longest match. */
const OVERLAP_BYTES = 64;

const ROLES: ReadonlySet<unknown> = new Set(["user", "assistant"]);
const FORBIDDEN_BLOCKS: ReadonlySet<unknown> = new Set(["tool_addition", "tool_removal"]);

const heads = new WeakMap<EnforcementPolicy, Buffer>();

/**
 * Looks at the finished bytes, without relying on what made them.
 *
 * - They begin with the system list, and that with the enforced prompt as `JSON.stringify` writes it, each block whole and its own.
 *   So the prompt is there, unchanged and first, unless the object had `system` twice, which it cannot have.
 * - No message has a system role, and no block changes tools. Written JSON has one spelling for such a role, and
 *   quotes inside texts are escaped, so a search finds every one. It also finds the same letters in the input of a tool;
 *   then the bytes are read again and looked at message by message.
 * @returns what is wrong, `undefined` when nothing is
 */
export function findViolation(bytes: Buffer, policy: EnforcementPolicy): string | undefined {
  if (policy.blocks.length === 0) return undefined;
  const head = headOf(policy);
  const next = bytes[head.length];
  const isFirst = bytes.length > head.length && bytes.compare(head, 0, head.length, 0, head.length) === 0;
  // After the last block of the prompt: another block, or the end of the list.
  if (!isFirst || (next !== 0x2c && next !== 0x5d)) return "the enforced prompt is not in its place";
  return isSuspicious(bytes) ? findForbiddenMessage(bytes) : undefined;
}

function isSuspicious(bytes: Buffer): boolean {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES - OVERLAP_BYTES) {
    if (SUSPICIOUS.test(bytes.toString("latin1", start, start + PIECE_BYTES))) return true;
  }
  return false;
}

/** The bytes with which a body with this prompt begins. */
function headOf(policy: EnforcementPolicy): Buffer {
  const known = heads.get(policy);
  if (known !== undefined) return known;
  const blocks = policy.blocks.map(({ text }) => ({ type: "text", text }));
  const head = Buffer.from(`{"system":${JSON.stringify(blocks).slice(0, -1)}`);
  heads.set(policy, head);
  return head;
}

function findForbiddenMessage(bytes: Buffer): string | undefined {
  // Written here, so it may have more values than what was read.
  const body = parseJson(bytes, new ValueAllowance(Number.POSITIVE_INFINITY));
  const messages = isObject(body) ? body["messages"] : undefined;
  if (!isList(messages)) return "messages is not a list";
  for (const message of messages) {
    if (!isObject(message) || !ROLES.has(message["role"]))
      return "a message has a role other than user or assistant";
    const { content } = message;
    if (isList(content) && content.some((block) => isObject(block) && FORBIDDEN_BLOCKS.has(block["type"]))) {
      return "a content block would change the tools";
    }
  }
  return undefined;
}
