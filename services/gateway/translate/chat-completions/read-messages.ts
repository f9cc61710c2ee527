import type { JsonValue } from "../../json/json-value";
import type { TextBlock } from "../../messages/request";
import { dropBlank } from "../to-messages/blank-text";
import { cacheControlOf, markLastBlock } from "../to-messages/cache-control";
import { frameInstruction } from "../to-messages/frame-instruction";
import { kindOf, quote, requireList, requireObject, textIn } from "../to-messages/read-value";
import type { TurnItem } from "../to-messages/turn-item";
import { TranslationError } from "../translation-error";
import { readAssistantMessage } from "./assistant-message";
import { type ContentContext, readContent, readTextContent } from "./content-parts";
import { readFunctionMessage, readToolMessage } from "./tool-message";

/** The messages of a chat, sorted. */
export interface ChatHistory {
  /** What system and developer messages before all others say: a block for each text, never joined. */
  readonly system: readonly TextBlock[];
  readonly items: readonly TurnItem[];
  /** Where the last message stands in the request. */
  readonly lastPath: string;
}

/** What is read of messages of users and systems. */
const MEMBERS: ReadonlySet<string> = new Set(["role", "content", "cache_control"]);

/** @throws TranslationError for content that cannot be sent */
export function readMessages(messages: JsonValue | undefined, context: ContentContext): ChatHistory {
  const list = requireList(messages, "messages");
  const system: TextBlock[] = [];
  const items: TurnItem[] = [];
  list.forEach((value, index) => {
    const path = `messages.${index}`;
    const message = requireObject(value, path);
    const role = textIn(message["role"]);
    switch (role) {
      case "system":
      case "developer": {
        const content = readTextContent(message["content"], `${path}.content`, context);
        context.dropped.addOthers(message, MEMBERS, "messages");
        const texts = markLastBlock(dropBlank(content) as readonly TextBlock[], cacheControlOf(message));
        if (items.length > 0) items.push({ kind: "user", blocks: frameInstruction(texts) });
        else for (const block of texts) system.push(block);
        return;
      }
      case "user": {
        const blocks = dropBlank(readContent(message["content"], `${path}.content`, "media", context));
        context.dropped.addOthers(message, MEMBERS, "messages");
        items.push({ kind: "user", blocks: markLastBlock(blocks, cacheControlOf(message)) });
        return;
      }
      case "assistant":
        items.push({ kind: "assistant", blocks: readAssistantMessage(message, path, context) });
        return;
      case "tool":
        items.push(readToolMessage(message, path, context));
        return;
      case "function":
        items.push(readFunctionMessage(message, path, context));
        return;
      default: {
        const found = role === undefined ? kindOf(message["role"]) : quote(role);
        throw new TranslationError(
          `${path}.role`,
          `${path}.role must be system, developer, user, assistant, tool or function, not ${found}`,
        );
      }
    }
  });
  return { system, items, lastPath: `messages.${Math.max(0, list.length - 1)}` };
}
