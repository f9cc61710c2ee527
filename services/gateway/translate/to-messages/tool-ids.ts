const INVALID = /[^a-zA-Z0-9_-]/g;
const MAX_LENGTH = 128;

/** Gives out ids for tool calls that the upstream accepts: valid, and unique in the conversation. */
export class ToolIds {
  readonly #given = new Set<string>();
  /** How often an id was asked for. */
  readonly #copies = new Map<string, number>();

  /** The client's id where it can be kept, otherwise one that is like it. */
  next(clientId: string): string {
    const valid = clientId.replace(INVALID, "_").slice(0, MAX_LENGTH) || "call";
    let copy = (this.#copies.get(valid) ?? 0) + 1;
    let id = copy === 1 ? valid : `${valid}_${copy}`;
    while (this.#given.has(id)) id = `${valid}_${++copy}`;
    this.#copies.set(valid, copy);
    this.#given.add(id);
    return id;
  }
}
