const INVALID = /[^a-zA-Z0-9_-]/g;
const MAX_LENGTH = 128;

/** Gives out ids for tool calls that the upstream accepts: valid, and unique in the conversation. */
export class ToolIds {
  readonly #given = new Set<string>();

  /** The client's id where it can be kept, otherwise one that is like it. */
  next(clientId: string): string {
    const valid = clientId.replace(INVALID, "_").slice(0, MAX_LENGTH) || "call";
    let id = valid;
    for (let copy = 2; this.#given.has(id); copy++) id = `${valid}_${copy}`;
    this.#given.add(id);
    return id;
  }
}
