import { escapeText } from "../../messages/byte-text";
import { type CollectedBlock, type CollectedMessage, isToolUse } from "../../messages/collected-message";
import { mergeUsage, NO_USAGE } from "../../messages/usage";
import type { AnswerIdentity } from "../answer-identity";
import type { ResponsesAnswerPlan } from "./answer-plan";
import { endAnswer } from "./end-of-answer";
import { EventWriter } from "./event-writer";
import { Output } from "./output";
import { ResponseWriter, toKey } from "./response-object";
import { toResponseUsage } from "./usage";

/** A whole message → `response` object. Made by the same parts as a stream, so both say the same. */
export function toAnswer(
  message: CollectedMessage,
  identity: AnswerIdentity,
  plan: ResponsesAnswerPlan,
): object {
  const output = new Output(new EventWriter(), toKey(identity), plan);
  message.content.forEach((block, index) => {
    addBlock(output, index, block);
  });
  const { state } = endAnswer(output, { stopReason: message.stop_reason, refusal: explanationOf(message) });
  const json = new ResponseWriter(identity, plan).write({
    ...state,
    output: output.toJson(),
    usage: toResponseUsage(mergeUsage(NO_USAGE, message.usage)),
  });
  return JSON.parse(Buffer.from(json, "latin1").toString("utf8")) as object;
}

function addBlock(output: Output, index: number, block: CollectedBlock): void {
  if (!isToolUse(block)) {
    output.startBlock(index, block);
    return;
  }
  output.startBlock(index, { ...block, input: {} });
  // Input of which nothing came is left to the item, which knows whether its call is whole.
  output.push("input", index, escapeText(block.inputJson));
}

function explanationOf(message: CollectedMessage): string | null {
  const details = message["stop_details"] as { explanation?: unknown } | null | undefined;
  return typeof details?.explanation === "string" ? details.explanation : null;
}
