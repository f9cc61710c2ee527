import type { JsonObject, Text } from "../../json/json-value";
import type { ContentBlock } from "../../messages/request";

/** A call of a tool as the assistant made it. */
export interface ToolUseBlock extends ContentBlock {
  readonly type: "tool_use";
  /** In a `TurnItem` the client's, `""` where it gave none; later one that the upstream accepts. */
  readonly id: string;
  /** The name that is sent, see `upstreamToolName`. */
  readonly name: string;
  readonly input: JsonObject;
}

/** What a tool answered. */
export interface ToolResultItem {
  readonly kind: "result";
  /** The client's id of the call, `""` where it gave none. */
  readonly callId: string;
  /** Texts, images and documents; blank ones may be left in. */
  readonly content: Text | readonly ContentBlock[];
  readonly isError: boolean;
  readonly cacheControl: JsonObject | undefined;
}

/** A step of a conversation in any wire API, in the order in which the client sent it. */
export type TurnItem =
  | { readonly kind: "user"; readonly blocks: readonly ContentBlock[] }
  /** Text, thinking and `ToolUseBlock`s. */
  | { readonly kind: "assistant"; readonly blocks: readonly ContentBlock[] }
  | ToolResultItem;
