/** What of a chat completions request its answer depends on. */
export interface ChatAnswerPlan {
  /** Whether the client asked for a last chunk with the usage (`stream_options.include_usage`). */
  readonly includeUsage: boolean;
  /** Tools whose names the upstream would refuse: the name that was sent → the client's. Others keep their name. */
  readonly renamedTools: ReadonlyMap<string, string>;
  /**
   * Name that was sent for the tool whose input is the answer (`response_format`): its input becomes `content`, and
   * the answer ends with `stop`. `undefined` when there is none. The model may also answer with text all the same.
   */
  readonly hiddenJsonTool: string | undefined;
  /** Whether the text was asked to be JSON in words alone: a fence around it is taken off. */
  readonly isJsonText: boolean;
  /** Whether tool calls are answered as `message.function_call`, which holds one call at most. */
  readonly isLegacyFunctionCall: boolean;
  /** What the answer cannot keep of the request, as short codes for a header, such as `tool_choice=auto`. */
  readonly degradations: readonly string[];
}
