import { notWhenEnforced } from "../errors/catalogue";
import { isAbsent, isList, isObject } from "../json/client-value";
import type { JsonObject, JsonValue } from "../json/json-value";
import { isText } from "../json/text";
import { type ValuePath, visitBlocks } from "../wire/internal/content-blocks";
import type { ContentBlock, MessageParam, TextBlock } from "../wire/internal/request";
import { frameInstruction } from "../wire/shared/conversation";

/** Roles whose messages a model ranks above everything said before. */
const INSTRUCTING: ReadonlySet<string> = new Set(["system", "developer"]);
const SPEAKING: ReadonlySet<string> = new Set(["user", "assistant"]);
const MESSAGE_MEMBERS: ReadonlySet<string> = new Set(["role", "content"]);

/** A conversation without system and developer messages, and what those at its beginning said. */
interface DemotedConversation {
  readonly messages: readonly MessageParam[];
  readonly instructions: readonly TextBlock[];
}

/**
 * Takes system and developer messages out of a conversation: in the middle of it they would override the enforced prompt.
 * Those at its beginning belong to `system`; each later one stays at its place as framed text of the user.
 * @throws GatewayError 400 for a role or a block that a key with an enforced prompt may not send
 */
export function demoteSystemMessages(messages: readonly MessageParam[]): DemotedConversation {
  messages.forEach(requireSpeaking);
  const first = messages.findIndex((message) => !isInstructing(message));
  const begin = first < 0 ? messages.length : first;
  const instructions = messages
    .slice(0, begin)
    .flatMap(({ content }, index) => requireTextBlocks(content, `messages.${index}.content`));
  const hasLater = messages.some((message, index) => index > begin && isInstructing(message));
  if (hasLater) return { messages: demoteLater(messages, begin), instructions };
  return { messages: begin === 0 ? messages : messages.slice(begin), instructions };
}

function isInstructing({ role }: MessageParam): boolean {
  return INSTRUCTING.has(role);
}

function requireSpeaking(message: MessageParam, index: number): void {
  const { role, content } = message;
  // What a message may say beside its content, such as other tools or settings from there on, is left to newer features.
  const other = Object.keys(message).find((name) => !MESSAGE_MEMBERS.has(name) && !isAbsent(message[name]));
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
  requirePlainBlocks(content, ["messages", index, "content"]);
}

/** Messages between two turns of the assistant that have an instruction among them become one turn of the user. */
function demoteLater(messages: readonly MessageParam[], begin: number): readonly MessageParam[] {
  const demoted: MessageParam[] = [];
  let run: MessageParam[] = [];
  const endRun = () => {
    if (run.some(isInstructing)) demoted.push(...joinRun(run));
    else demoted.push(...run);
    run = [];
  };
  for (const message of messages.slice(begin)) {
    if (message.role !== "assistant") {
      run.push(message);
      continue;
    }
    endRun();
    demoted.push(message);
  }
  endRun();
  return demoted;
}

/** Results of tools come first in a turn: the provider refuses text between a call and its result. */
function joinRun(run: readonly MessageParam[]): readonly MessageParam[] {
  const blocks = run.flatMap((message) =>
    isInstructing(message) ? frameInstruction(blocksOf(message)) : blocksOf(message),
  );
  if (blocks.length === 0) return [];
  const isResult = ({ type }: ContentBlock) => type === "tool_result";
  const content = [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))];
  return [{ ...run.find((message) => !isInstructing(message)), role: "user", content }];
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
 * Blocks that change tools or instructions in the middle of a conversation, bring in files with instructions, or take the place
 * of everything before them.
 */
const REFUSED_BLOCKS: ReadonlySet<string> = new Set([
  "tool_addition",
  "tool_removal",
  "container_upload",
  "compaction",
  "system",
]);

/**
 * Holds the content of a turn to what the client itself says in it, blocks within tool results and documents included.
 * @param path of the content, such as `messages`, 3, `content`
 * @throws GatewayError 400 for a block that a key with an enforced prompt may not send
 */
export function requirePlainBlocks(content: JsonValue | undefined, path: ValuePath): void {
  visitBlocks(content, requirePlain, path);
}

function requirePlain({ type, source }: JsonObject, path: ValuePath): void {
  if (typeof type !== "string") throw notWhenEnforced(`${path.join(".")}.type`, "must be a name");
  if (REFUSED_BLOCKS.has(type))
    throw notWhenEnforced(path.join("."), `blocks of type ${type} are not passed on with this key`);
  if (isObject(source) && (source["type"] === "file" || !isAbsent(source["file_id"]))) {
    throw notWhenEnforced(
      `${path.join(".")}.source`,
      "files stored at the provider are not allowed with this key; send the data inline",
    );
  }
}
