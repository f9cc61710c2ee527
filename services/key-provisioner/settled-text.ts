/**
 * Tells when text of files has changed and is whole: editors and copies write in several steps, so something new is seen twice before it
 * counts, and counts once, whatever becomes of it.
 */
export class SettledText {
  #seen: string;
  #judged: string;

  /** @param first what is in force already */
  constructor(first: string) {
    this.#seen = first;
    this.#judged = first;
  }

  /** @returns `new` once for each change; `unsettled` when the next look has to decide */
  look(text: string): "same" | "unsettled" | "new" {
    const isSettled = text === this.#seen;
    this.#seen = text;
    if (!isSettled) return "unsettled";
    if (text === this.#judged) return "same";
    this.#judged = text;
    return "new";
  }
}
