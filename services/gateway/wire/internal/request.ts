import type { JsonObject, JsonValue, Text, ValueAllowance } from "../../json/json-value";

/**
 * The one internal form of a request: Anthropic's Messages API, version 2023-06-01. Every wire API is translated into
 * it, and every provider is sent it. Fields that are not listed here are passed on as they are.
 */
export interface MessagesRequest extends JsonObject {
  /** The provider's name of the model. */
  readonly model: string;
  readonly max_tokens: number;
  /** Always a list of blocks, never one text. */
  readonly system?: readonly TextBlock[] | undefined;
  readonly messages: readonly MessageParam[];
}

/** A turn of the conversation. */
export interface MessageParam extends JsonObject {
  readonly role: string;
  /** One text only where the client sent it so to `/v1/messages`. */
  readonly content: Text | readonly ContentBlock[];
}

/** A part of a turn, of any type. */
export interface ContentBlock extends JsonObject {
  readonly type: string;
}

export interface TextBlock extends ContentBlock {
  readonly type: "text";
  readonly text: Text;
  readonly cache_control?: JsonValue;
}

/** The deployment that a request is written for, as far as translations need it. */
export interface MessagesTarget {
  readonly upstreamModel: string;
  /** What the model is known as where that name does not say. @default - `upstreamModel` */
  readonly baseModel?: string | undefined;
  /** Most tokens of an answer. `undefined`: what is known of the model. */
  readonly maxOutputTokens: number | undefined;
  readonly api: "anthropic" | "bedrock-invoke" | "bedrock-messages";
  /** Whether parameters without a counterpart may be left out; otherwise they are refused. */
  readonly mayDropParams: boolean;
  /** Whether thinking of earlier turns is left out, because the provider refused it. @default false */
  readonly isThinkingRefused?: boolean | undefined;
  /** Of values in texts that are JSON, such as arguments of earlier calls. @default - that of a request, for each text */
  readonly texts?: ValueAllowance | undefined;
}

/** Tools that the client runs; the provider only describes them to the model. By their kinds, see `toolKind`. */
const CLIENT_TOOLS: ReadonlySet<string> = new Set([
  "custom",
  "bash",
  "text_editor",
  "memory",
  "computer",
  "computer_toolset",
  "browser_toolset",
]);

const DATE = /_\d{8}$/;

/** A tool's type without its date, such as `web_search`; a tool without a type is `custom`. @returns `undefined` for no name */
export function toolKind(type: unknown): string | undefined {
  if (type === undefined || type === null) return "custom";
  return typeof type === "string" ? type.replace(DATE, "") : undefined;
}

/** Whether the client runs a tool. Of what nobody knows yet the answer is no. @param type of the tool */
export function isClientTool(type: unknown): boolean {
  const kind = toolKind(type);
  return kind !== undefined && CLIENT_TOOLS.has(kind);
}
