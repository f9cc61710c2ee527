import type { JsonObject } from "../../json/json-value";

/** A tool as the client knows it. */
export interface ClientTool {
  /** `custom` tools take free text; upstream they are functions with one text argument. */
  readonly kind: "function" | "custom";
  readonly name: string;
  /** The `namespace` tool that holds it. `undefined`: none. */
  readonly namespace: string | undefined;
}

/** What of a Responses request its answer depends on. */
export interface ResponsesAnswerPlan {
  /** Settings that every `response` object repeats, in the API's names; see `readSettings`. */
  readonly settings: JsonObject;
  /** Name that was sent → the client's tool. Functions that kept their name are left out. */
  readonly tools: ReadonlyMap<string, ClientTool>;
  /**
   * Name that was sent for the tool whose input is the answer (`text.format`): its input becomes text, as if the model
   * had written it. `undefined` when there is none.
   */
  readonly hiddenJsonTool: string | undefined;
  /** Whether the text was asked to be JSON in words alone: a fence around it is taken off. */
  readonly isJsonText: boolean;
  /** Whether the client asked to see a summary of the reasoning (`reasoning.summary`). */
  readonly showsReasoning: boolean;
  /** Whether the client asked for `reasoning.encrypted_content`, with which it can give the reasoning back. */
  readonly includesEncryptedReasoning: boolean;
  /** The provider's name of the model, which alone can read its reasoning. */
  readonly upstreamModel: string;
  /** What the answer cannot keep of the request, as short codes for a header, such as `tool_choice=auto`. */
  readonly degradations: readonly string[];
}
