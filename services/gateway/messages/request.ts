import type { JsonObject, JsonValue, Text } from "../json/json-value";
import type { ValueAllowance } from "../json/value-allowance";

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
