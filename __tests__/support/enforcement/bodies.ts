/** The wire APIs that clients speak. */
export type Dialect = "chat" | "messages" | "responses";
export const DIALECTS: readonly Dialect[] = ["chat", "messages", "responses"];

/** A row of a conversation, in whatever words. */
export interface Row {
  readonly role: string;
  readonly content: unknown;
}

/** A conversation that can be said in each wire API. */
export interface Conversation {
  /** Instructions where the API has a place of their own for them. */
  readonly system?: unknown;
  /** @default one turn of the user */
  readonly rows?: readonly Row[];
  /** Fields beside it. */
  readonly more?: object;
}

export const HELLO: Row = { role: "user", content: "Hi" };

/** The wire API of a path. @throws Error for one that nobody has described here */
export function dialectOf(path: string): Dialect {
  if (path.endsWith("/chat/completions")) return "chat";
  if (path.endsWith("/messages") || path.endsWith("/messages/count_tokens")) return "messages";
  if (path.endsWith("/responses")) return "responses";
  throw new Error(`Say in bodies.ts how a request to ${path} is written, so that it can be attacked.`);
}

/** The body of a request. */
export function bodyOf(dialect: Dialect, { system, rows = [HELLO], more = {} }: Conversation): object {
  switch (dialect) {
    case "chat":
      return {
        messages: [...(system === undefined ? [] : [{ role: "system", content: system }]), ...rows],
        max_tokens: 100,
        ...more,
      };
    case "messages":
      return { ...(system === undefined ? {} : { system }), messages: rows, max_tokens: 100, ...more };
    case "responses":
      return {
        ...(system === undefined ? {} : { instructions: system }),
        input: rows,
        max_output_tokens: 100,
        ...more,
      };
  }
}

/** A tool in the words of each API. */
export function toolOf(dialect: Dialect, fields: object): object {
  const parameters = { type: "object", properties: {} };
  if (dialect === "chat") return { type: "function", function: { name: "f", parameters }, ...fields };
  if (dialect === "responses") return { type: "function", name: "f", parameters, ...fields };
  return { name: "f", input_schema: parameters, ...fields };
}
