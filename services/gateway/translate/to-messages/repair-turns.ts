import type { JsonObject } from "../../json/json-value";
import { isBlankText, isText } from "../../json/text";
import type { ContentBlock, MessageParam } from "../../messages/request";
import { dropBlank, isNotBlank } from "./blank-text";
import { isThinking } from "./thinking-blocks";
import { ToolIds } from "./tool-ids";
import type { ToolResultItem, ToolUseBlock, TurnItem } from "./turn-item";

/** Stands where the upstream demands a user turn and the client has nothing to say. */
export const MINIMAL_USER_TURN: MessageParam = { role: "user", content: [{ type: "text", text: "." }] };

const NO_RESULT = "No result was provided for this tool call.";
const ORPHAN = "Result of an earlier tool call:";

interface Call {
  readonly block: ToolUseBlock;
  /** The last one that came. */
  result: ToolResultItem | undefined;
}

type Turn =
  | { readonly role: "user"; readonly blocks: ContentBlock[] }
  | { readonly role: "assistant"; readonly blocks: ContentBlock[]; readonly calls: Call[] };

/**
 * The turns of a conversation as Anthropic demands them: the user begins, roles take turns, no text is blank, ids of
 * calls are unique, and the results of a turn's calls stand at the beginning of the next turn, one for each call.
 * Neighbours of one role are merged; a result that stands elsewhere is moved; of several for one call the last one
 * counts; a missing one is made up; one without a call becomes text of the user.
 * @returns no turns when there is no content at all
 */
export function repairTurns(items: readonly TurnItem[]): readonly MessageParam[] {
  const turns = collectTurns(items);
  if (turns.length === 0) return [];
  const messages: MessageParam[] = turns[0]?.role === "assistant" ? [MINIMAL_USER_TURN] : [];
  const ids = new ToolIds();
  let results: readonly ContentBlock[] = [];
  for (const turn of turns) {
    if (turn.role === "user") {
      messages.push({ role: "user", content: [...results, ...turn.blocks] });
      results = [];
      continue;
    }
    const sentIds = new Map(turn.calls.map(({ block }) => [block as ContentBlock, ids.next(block.id)]));
    messages.push({
      role: "assistant",
      content: turn.blocks.map((block) => withId(block, sentIds.get(block))),
    });
    results = turn.calls.map(({ block, result }) => toResultBlock(sentIds.get(block) as string, result));
  }
  if (results.length > 0) messages.push({ role: "user", content: results });
  else if (messages.at(-1)?.role === "assistant" && items.at(-1)?.kind !== "assistant")
    messages.push(MINIMAL_USER_TURN);
  return messages;
}

function collectTurns(items: readonly TurnItem[]): Turn[] {
  const turns: Turn[] = [];
  const calls = new Map<string, Call[][]>();
  const say = (blocks: readonly ContentBlock[]) => {
    if (blocks.length === 0) return;
    const last = turns.at(-1);
    if (last?.role === "user") last.blocks.push(...blocks);
    else turns.push({ role: "user", blocks: [...blocks] });
  };
  for (const item of items) {
    if (item.kind === "user") say(dropBlank(item.blocks));
    else if (item.kind === "assistant") addAssistant(turns, calls, item.blocks);
    else if (!answer(calls.get(item.callId), item)) say(toOrphanText(item));
    // A user turn must follow the calls, even one that holds nothing but their results.
    else if (hasCalls(turns.at(-1))) turns.push({ role: "user", blocks: [] });
  }
  return turns;
}

function addAssistant(turns: Turn[], calls: Map<string, Call[][]>, given: readonly ContentBlock[]): void {
  const blocks = [...dropBlank(given)];
  if (blocks.every(isThinking)) return;
  const made = blocks.filter(isToolUse).map((block): Call => ({ block, result: undefined }));
  for (const id of new Set(made.map(({ block }) => block.id))) {
    calls.set(id, [...(calls.get(id) ?? []), made.filter(({ block }) => block.id === id)]);
  }
  const last = turns.at(-1);
  if (last?.role === "assistant") {
    last.blocks.push(...blocks);
    last.calls.push(...made);
  } else turns.push({ role: "assistant", blocks, calls: made });
}

/** Gives a result to its call: of the latest step with this id the first call without one, else the last call. */
function answer(steps: readonly (readonly Call[])[] | undefined, result: ToolResultItem): boolean {
  const step = steps?.at(-1);
  const call = step?.find((one) => one.result === undefined) ?? step?.at(-1);
  if (call === undefined) return false;
  call.result = result;
  return true;
}

function toResultBlock(id: string, result: ToolResultItem | undefined): ContentBlock {
  if (result === undefined)
    return { type: "tool_result", tool_use_id: id, content: NO_RESULT, is_error: true };
  const { content, isError, cacheControl } = result;
  return {
    type: "tool_result",
    tool_use_id: id,
    content: filled(content) ?? (isError ? "The tool failed without a message." : ""),
    ...(isError ? { is_error: true } : {}),
    ...(cacheControl === undefined ? {} : { cache_control: cacheControl }),
  };
}

function filled(content: ToolResultItem["content"]): ToolResultItem["content"] | undefined {
  if (isText(content)) return isBlankText(content) ? undefined : content;
  const blocks = content.filter(isNotBlank);
  return blocks.length === 0 ? undefined : blocks;
}

function toOrphanText({ content, cacheControl }: ToolResultItem): readonly ContentBlock[] {
  const said = filled(content);
  if (said === undefined) return [];
  const blocks: readonly ContentBlock[] = isText(said) ? [{ type: "text", text: said }] : said;
  const mark: JsonObject = cacheControl === undefined ? {} : { cache_control: cacheControl };
  return [
    { type: "text", text: ORPHAN },
    ...blocks.slice(0, -1),
    { ...(blocks.at(-1) as ContentBlock), ...mark },
  ];
}

function withId(block: ContentBlock, id: string | undefined): ContentBlock {
  return id === undefined ? block : { ...block, id };
}

function isToolUse(block: ContentBlock): block is ToolUseBlock {
  return block.type === "tool_use";
}

function hasCalls(turn: Turn | undefined): boolean {
  return turn?.role === "assistant" && turn.calls.length > 0;
}
