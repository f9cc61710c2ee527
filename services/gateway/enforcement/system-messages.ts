import { notWhenEnforced } from "../errors/catalogue";
import type { JsonObject, JsonValue } from "../json/json-value";
import { isText } from "../json/text";
import type { ContentBlock, MessageParam, TextBlock } from "../wire/internal/request";
import { frameInstruction } from "../wire/shared/conversation";
import { isAbsent, isList, isObject } from "../wire/shared/read-value";

/** Roles whose rows a model ranks above everything said before. */
const INSTRUCTING: ReadonlySet<string> = new Set(["system", "developer"]);
const SPEAKING: ReadonlySet<string> = new Set(["user", "assistant"]);
const ROW_MEMBERS: ReadonlySet<string> = new Set(["role", "content"]);

/** A conversation without rows that instruct, and what those before all others said. */
interface LoweredRows {
  readonly messages: readonly MessageParam[];
  readonly instructions: readonly TextBlock[];
}

/**
 * Takes system and developer rows out of a conversation: in the middle of it they would override what stands before it.
 * Those at its beginning belong to `system`; each later one stays at its place as framed text of the user.
 * @throws GatewayError 400 for a role or a block that a key with working rules may not send
 */
export function lowerSystemRows(messages: readonly MessageParam[]): LoweredRows {
  messages.forEach(requireSpeaking);
  const first = messages.findIndex((message) => !isInstructing(message));
  const begin = first < 0 ? messages.length : first;
  const instructions = messages
    .slice(0, begin)
    .flatMap(({ content }, index) => requireTextBlocks(content, `messages.${index}.content`));
  const hasLater = messages.some((message, index) => index > begin && isInstructing(message));
  if (hasLater) return { messages: lowerLater(messages, begin), instructions };
  return { messages: begin === 0 ? messages : messages.slice(begin), instructions };
}

function isInstructing({ role }: MessageParam): boolean {
  return INSTRUCTING.has(role);
}

function requireSpeaking(message: MessageParam, index: number): void {
  const { role, content } = message;
  // What a row may say beside its content, such as other tools or settings from there on, is left to newer features.
  const other = Object.keys(message).find((name) => !ROW_MEMBERS.has(name) && !isAbsent(message[name]));
  if (other !== undefined)
    throw notWhenEnforced(
      `messages.${index}.${other.slice(0, 64)}`,
      "is not allowed with this key; remove it",
    );
  if (INSTRUCTING.has(role)) {
    requireTextBlocks(content, `messages.${index}.content`);
    return;
  }
  if (!SPEAKING.has(role)) throw notWhenEnforced(`messages.${index}.role`, "must be user or assistant");
  requirePlainBlocks(content, `messages.${index}.content`);
}

/** Rows between two turns of the assistant that have an instruction among them become one turn of the user. */
function lowerLater(messages: readonly MessageParam[], begin: number): readonly MessageParam[] {
  const lowered: MessageParam[] = [];
  let run: MessageParam[] = [];
  const endRun = () => {
    if (run.some(isInstructing)) lowered.push(...joinRun(run));
    else lowered.push(...run);
    run = [];
  };
  for (const message of messages.slice(begin)) {
    if (message.role !== "assistant") {
      run.push(message);
      continue;
    }
    endRun();
    lowered.push(message);
  }
  endRun();
  return lowered;
}

/** Results of tools come first in a turn: the provider refuses text between a call and its result. */
function joinRun(run: readonly MessageParam[]): readonly MessageParam[] {
  const blocks = run.flatMap((row) => (isInstructing(row) ? frameInstruction(blocksOf(row)) : blocksOf(row)));
  if (blocks.length === 0) return [];
  const isResult = ({ type }: ContentBlock) => type === "tool_result";
  const content = [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))];
  return [{ ...run.find((row) => !isInstructing(row)), role: "user", content }];
}

function blocksOf({ content }: MessageParam): readonly ContentBlock[] {
  return isText(content) ? [{ type: "text", text: content }] : content;
}

/** Instructions as blocks of text. @throws GatewayError 400 for blocks of another type */
export function requireTextBlocks(content: JsonValue, path: string): readonly TextBlock[] {
  if (isText(content)) return [{ type: "text", text: content }];
  if (!isList(content)) throw notWhenEnforced(path, "must be text or a list of text blocks");
  return content.map((block, index) => {
    if (isObject(block) && block["type"] === "text" && isText(block["text"])) return block as TextBlock;
    throw notWhenEnforced(`${path}.${index}`, "system instructions must be text blocks with this key");
  });
}

/**
 * Blocks that change tools or rules in the middle of a conversation, bring in files with instructions, or take the place
 * of everything before them.
 */
const REFUSED: ReadonlySet<string> = new Set([
  "tool_addition",
  "tool_removal",
  "container_upload",
  "compaction",
  "system",
]);

/**
 * Holds the content of a turn to what the client itself says in it.
 * @param path of the content, such as `messages.3.content`
 * @throws GatewayError 400 for a block that a key with working rules may not send
 */
export function requirePlainBlocks(content: JsonValue | undefined, path: string): void {
  if (!isList(content)) return;
  content.forEach((block, index) => {
    if (isObject(block)) requirePlain(block, `${path}.${index}`);
  });
}

function requirePlain(block: JsonObject, path: string): void {
  const { type, content, source } = block;
  if (typeof type !== "string") throw notWhenEnforced(`${path}.type`, "must be a name");
  if (REFUSED.has(type))
    throw notWhenEnforced(path, `blocks of type ${type} are not passed on with this key`);
  // Results of tools and documents have blocks inside.
  requirePlainBlocks(content, `${path}.content`);
  if (!isObject(source)) return;
  if (source["type"] === "file" || !isAbsent(source["file_id"])) {
    throw notWhenEnforced(
      `${path}.source`,
      "files stored at the provider are not allowed with this key; send the data inline",
    );
  }
  requirePlainBlocks(source["content"], `${path}.source.content`);
}
