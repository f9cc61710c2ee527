import type { JsonObject, JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import type { MessagesRequest, MessagesTarget, TextBlock } from "../../messages/request";
import { readUser } from "../chat-completions/chat-fields";
import { dropBlank } from "../to-messages/blank-text";
import { buildRequest } from "../to-messages/build-request";
import { readCacheControl } from "../to-messages/cache-control";
import { DroppedMembers } from "../to-messages/dropped-members";
import { readMaxTokens } from "../to-messages/max-tokens";
import { isAbsent, kindOf, textIn } from "../to-messages/read-value";
import { readSampling } from "../to-messages/sampling";
import { TranslationError } from "../translation-error";
import type { ResponsesAnswerPlan } from "./answer-plan";
import { readTools } from "./client-tools";
import { textBlock } from "./content-parts";
import { readInput } from "./input-items";
import { readTextFormat } from "./output-text-format";
import { includesReasoning, readReasoning } from "./reasoning-wish";
import { noteInside, sortFields } from "./request-fields";
import { readSettings } from "./settings";
import { readSelection } from "./tool-selection";

/** A Responses request as a Messages request, and what was left out of it. */
export interface TranslatedResponsesRequest {
  readonly request: MessagesRequest;
  /** Names of fields, tools and items that have no counterpart. */
  readonly droppedParams: readonly string[];
  readonly plan: ResponsesAnswerPlan;
}

/**
 * OpenAI response → Anthropic message. Nothing is kept between requests: `store` is taken for `false`, and what needs a
 * stored response is refused.
 * @throws TranslationError naming the field
 */
export function toMessages(body: JsonObject, target: MessagesTarget): TranslatedResponsesRequest {
  const unknown = sortFields(body, target.mayDropParams);
  const dropped = new DroppedMembers();
  noteInside(body, dropped);
  const input = readInput(body["input"], target, dropped);
  const tools = readTools(
    { tools: body["tools"], path: "tools" },
    input.tools,
    target.mayDropParams,
    dropped,
  );
  const reasoning = readReasoning(body["reasoning"]);
  const includesEncryptedReasoning = includesReasoning(body["include"]);
  const built = buildRequest(
    {
      system: dropBlank([...readInstructions(body["instructions"]), ...input.system]) as readonly TextBlock[],
      items: input.items,
      path: "input",
      lastPath: input.lastPath,
      tools: tools.definitions,
      selection: readSelection(body),
      outputFormat: readTextFormat(body["text"]),
      reasoning: reasoning.wish,
      sampling: readSampling(body),
      stopSequences: [],
      maxTokens: readMaxTokens(body["max_output_tokens"], "max_output_tokens"),
      user: readUser(body),
      cacheControl: readCacheControl(body["cache_control"]),
      dropped,
    },
    target,
  );
  return {
    request: built.request,
    droppedParams: [
      ...unknown,
      ...tools.droppedParams,
      ...input.droppedParams,
      ...built.droppedParams.filter((name) => body[name] !== undefined),
      ...built.droppedMembers,
    ],
    plan: {
      settings: readSettings(body, built.request),
      tools: tools.byUpstreamName,
      hiddenJsonTool: built.hiddenJsonTool,
      isJsonText: built.isJsonText,
      showsReasoning: reasoning.isShown,
      includesEncryptedReasoning,
      upstreamModel: target.upstreamModel,
      degradations: [
        ...built.degradations,
        ...(textIn(body["truncation"]) === "auto" ? ["truncation=disabled"] : []),
        ...(body["store"] === true ? ["store=false"] : []),
      ],
    },
  };
}

function readInstructions(instructions: JsonValue | undefined): readonly TextBlock[] {
  if (isAbsent(instructions)) return [];
  if (isText(instructions)) return [textBlock(instructions)];
  throw new TranslationError("instructions", `instructions must be text, not ${kindOf(instructions)}`);
}
