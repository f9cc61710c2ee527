import type { JsonObject } from "../../json/json-value";
import { isBlankText, isText } from "../../json/text";
import type { ContentBlock, MessageParam } from "../internal/request";
import {
  dropBlank,
  isNotBlank,
  isThinking,
  joinLists,
  type ToolResultItem,
  type ToolUseBlock,
  type TurnItem,
} from "./conversation";

/** Stands where the upstream demands a user turn and the client has nothing to say. */
export const MINIMAL_USER_TURN: MessageParam = { role: "user", content: [{ type: "text", text: "." }] };

const NO_RESULT = "No result was provided for this tool call.";
const ORPHAN_RESULT = "Result of an earlier tool call:";

interface Call {
  readonly block: ToolUseBlock;
  /** The last one that came. */
  result: ToolResultItem | undefined;
}

/** The calls with one id in one step, and how many of them have a result. */
interface Step {
  readonly calls: Call[];
  answered: number;
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
      messages.push({ role: "user", content: joinLists(results, turn.blocks) });
      results = [];
      continue;
    }
    if (turn.calls.length === 0) {
      messages.push({ role: "assistant", content: turn.blocks });
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
  /** The latest step for each id. */
  const steps = new Map<string, Step>();
  for (const item of items) {
    if (item.kind === "user") addUser(turns, dropBlank(item.blocks));
    else if (item.kind === "assistant") addAssistant(turns, steps, item.blocks);
    else if (!answer(steps.get(item.callId), item)) addUser(turns, toOrphanText(item));
    // A user turn must follow the calls, even one that holds nothing but their results.
    else if (hasCalls(turns.at(-1))) turns.push({ role: "user", blocks: [] });
  }
  return turns;
}

function addUser(turns: Turn[], blocks: readonly ContentBlock[]): void {
  if (blocks.length === 0) return;
  const last = turns.at(-1);
  if (last?.role === "user") append(last.blocks, blocks);
  else turns.push({ role: "user", blocks: blocks.slice() });
}

function addAssistant(turns: Turn[], steps: Map<string, Step>, given: readonly ContentBlock[]): void {
  const blocks = [...dropBlank(given)];
  if (blocks.every(isThinking)) return;
  const made = blocks.filter(isToolUse).map((block): Call => ({ block, result: undefined }));
  if (made.length > 0) beginSteps(steps, made);
  const last = turns.at(-1);
  if (last?.role === "assistant") {
    append(last.blocks, blocks);
    append(last.calls, made);
  } else turns.push({ role: "assistant", blocks, calls: made });
}

function beginSteps(steps: Map<string, Step>, made: readonly Call[]): void {
  const begun = new Map<string, Step>();
  for (const call of made) {
    const step = begun.get(call.block.id);
    if (step === undefined) begun.set(call.block.id, { calls: [call], answered: 0 });
    else step.calls.push(call);
  }
  for (const [id, step] of begun) steps.set(id, step);
}

/** Gives a result to its call: of the latest step with this id the first call without one, else the last call. */
function answer(step: Step | undefined, result: ToolResultItem): boolean {
  const call = step?.calls[step.answered] ?? step?.calls.at(-1);
  if (step === undefined || call === undefined) return false;
  step.answered++;
  call.result = result;
  return true;
}

/** Not by spreading: a list can be longer than a call's arguments may be. */
function append<Item>(list: Item[], more: readonly Item[]): void {
  for (const item of more) list.push(item);
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
    { type: "text", text: ORPHAN_RESULT },
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

const INVALID_ID_CHARACTERS = /[^a-zA-Z0-9_-]/g;
const MAX_ID_LENGTH = 128;

/** Gives out ids for tool calls that the upstream accepts: valid, and unique in the conversation. */
class ToolIds {
  readonly #given = new Set<string>();
  /** How often an id was asked for. */
  readonly #copies = new Map<string, number>();

  /** The client's id where it can be kept, otherwise one that is like it. */
  next(clientId: string): string {
    const valid = clientId.replace(INVALID_ID_CHARACTERS, "_").slice(0, MAX_ID_LENGTH) || "call";
    let copy = (this.#copies.get(valid) ?? 0) + 1;
    let id = copy === 1 ? valid : `${valid}_${copy}`;
    while (this.#given.has(id)) id = `${valid}_${++copy}`;
    this.#copies.set(valid, copy);
    this.#given.add(id);
    return id;
  }
}
