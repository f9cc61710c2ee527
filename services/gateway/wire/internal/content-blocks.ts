import { isList, isObject } from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";
import type { ContentBlock, MessageParam } from "./request";

/** Steps from a request to a value inside it, such as `messages`, 0, `content`. */
export type ValuePath = readonly (string | number)[];

/**
 * Visits the blocks of a turn or of `system`, each before the blocks that it holds: tool results have some in `content`,
 * documents in `source.content`. Values that are no objects are passed over.
 * @param visit its path is the same list each time, so that no text is made for blocks of which nothing is said
 * @param path where the content stands. @default - nowhere, for visitors that need no path
 * @param maxDepth how deep blocks within blocks are visited. @default - as deep as they are
 */
export function visitBlocks(
  content: JsonValue | undefined,
  visit: (block: JsonObject, path: ValuePath) => void,
  path: ValuePath = [],
  maxDepth = Number.POSITIVE_INFINITY,
): void {
  if (isList(content)) visitList(content, visit, [...path], maxDepth);
}

function visitList(
  blocks: readonly JsonValue[],
  visit: (block: JsonObject, path: ValuePath) => void,
  path: (string | number)[],
  maxDepth: number,
): void {
  if (maxDepth < 0) return;
  for (let index = 0; index < blocks.length; index++) {
    const block = blocks[index];
    if (!isObject(block)) continue;
    path.push(index);
    visit(block, path);
    const { content, source } = block;
    if (isList(content)) {
      path.push("content");
      visitList(content, visit, path, maxDepth - 1);
      path.pop();
    }
    if (isObject(source) && isList(source["content"])) {
      path.push("source", "content");
      visitList(source["content"], visit, path, maxDepth - 1);
      path.length -= 2;
    }
    path.pop();
  }
}

/** The blocks of a turn; none where its content is one text. */
export function blocksOf({ content }: MessageParam): readonly ContentBlock[] {
  return Array.isArray(content) ? (content as readonly ContentBlock[]) : NONE;
}

const NONE: readonly ContentBlock[] = [];
