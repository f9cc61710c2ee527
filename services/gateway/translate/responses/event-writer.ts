/** Numbers the events of one stream and writes them as server-sent events. All texts are byte text. */
export class EventWriter {
  #next = 0;

  /** @param preamble events that go before the first one, whenever that comes; as `openEvent` begins them */
  constructor(readonly preamble: readonly string[] = []) {}

  /** @param members of the event beside `type` and `sequence_number`, as JSON without braces */
  write(type: string, members: string): string {
    return this.close(`${openEvent(type)}${members}`);
  }

  /** Ends an event whose members are written. */
  close(opened: string): string {
    const before = this.#next === 0 ? this.preamble.map((event) => this.#number(event)).join("") : "";
    return before + this.#number(opened);
  }

  #number(opened: string): string {
    const number = this.#next;
    this.#next += 1;
    return `${opened},"sequence_number":${number}}\n\n`;
  }
}

/** The beginning of an event, up to its members. */
export function openEvent(type: string): string {
  return `event: ${type}\ndata: {"type":"${type}",`;
}
