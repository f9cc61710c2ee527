/** A tool that the model called, its arguments parsed. */
export interface ReadCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/** A streamed answer, as a client understood it. */
export interface ReadAnswer {
  readonly text: string;
  readonly calls: readonly ReadCall[];
  readonly finish: string | null;
  readonly usage: Readonly<Record<string, unknown>> | undefined;
}

/** A round that is over: what was answered, and what the tool gave. */
export interface Round {
  readonly answer: ReadAnswer;
  readonly result: string;
}

/** A request to `/v1/chat/completions`. */
export interface ClientRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** What a client sends for a task after these rounds. */
export type Turn = (model: string, task: string, rounds: readonly Round[]) => ClientRequest;

/** The rounds as messages, without marks of any client. */
export const roundMessages = (rounds: readonly Round[]): Record<string, unknown>[] =>
  rounds.flatMap(({ answer, result }) => [
    {
      role: "assistant",
      content: answer.text,
      tool_calls: answer.calls.map(({ id, name, input }) => ({
        id,
        type: "function",
        function: { name, arguments: JSON.stringify(input) },
      })),
    },
    ...answer.calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: result })),
  ]);

/** A function tool whose properties are all required texts. @param strict left out when `undefined` */
export function textTool(name: string, properties: readonly string[], strict?: boolean): object {
  const schema = {
    type: "object",
    properties: Object.fromEntries(
      properties.map((property) => [property, { type: "string", description: property }]),
    ),
    required: properties,
    additionalProperties: false,
  };
  const settings = strict === undefined ? {} : { strict };
  return { type: "function", function: { name, description: name, ...settings, parameters: schema } };
}
