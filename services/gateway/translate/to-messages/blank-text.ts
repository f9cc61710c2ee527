import { isBlankText, isText } from "../../json/text";
import type { ContentBlock } from "../../messages/request";
import { cacheControlOf, markLastBlock } from "./cache-control";

/** Anthropic refuses text blocks of nothing but white space. */
export function isNotBlank(block: ContentBlock): boolean {
  return block.type !== "text" || (isText(block["text"]) && !isBlankText(block["text"]));
}

/** Leaves blank texts out. The cache mark of one goes to the block before it. */
export function dropBlank(blocks: readonly ContentBlock[]): readonly ContentBlock[] {
  if (blocks.every(isNotBlank)) return blocks;
  const kept: ContentBlock[] = [];
  for (const block of blocks) {
    if (isNotBlank(block)) kept.push(block);
    else kept.splice(-1, 1, ...markLastBlock(kept.slice(-1), cacheControlOf(block)));
  }
  return kept;
}
