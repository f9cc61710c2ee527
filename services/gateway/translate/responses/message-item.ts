import { ByteTextBuilder } from "../../messages/byte-text";
import { type EventWriter, openEvent } from "./event-writer";
import { type ItemPlace, type ItemStatus, itemReference, type OutputItem } from "./output-item";

/** The parts of a message: how each is written and what its events are called. */
const PARTS = {
  output_text: {
    event: "response.output_text",
    field: "text",
    /** Events of text have a list of log probabilities; it is empty, since the provider gives none. */
    eventEnd: ',"logprobs":[]',
    part: (escaped: string) => `{"type":"output_text","annotations":[],"logprobs":[],"text":"${escaped}"}`,
  },
  refusal: {
    event: "response.refusal",
    field: "refusal",
    eventEnd: "",
    part: (escaped: string) => `{"type":"refusal","refusal":"${escaped}"}`,
  },
} as const;

/** A message with one part: text, or the words with which the model refuses. */
export class MessageItem implements OutputItem {
  readonly #reference: string;
  readonly #kind: (typeof PARTS)[keyof typeof PARTS];
  readonly #deltaHead: string;
  readonly #deltaEnd: string;
  readonly #text = new ByteTextBuilder();
  #status: ItemStatus = "in_progress";

  constructor(
    readonly events: EventWriter,
    readonly place: ItemPlace,
    part: keyof typeof PARTS,
  ) {
    this.#kind = PARTS[part];
    this.#reference = `${itemReference(place)},"content_index":0`;
    this.#deltaHead = `${openEvent(`${this.#kind.event}.delta`)}${this.#reference},"delta":"`;
    this.#deltaEnd = `"${this.#kind.eventEnd}`;
  }

  open(): string {
    const { outputIndex } = this.place;
    return (
      this.events.write(
        "response.output_item.added",
        `"output_index":${outputIndex},"item":${this.#json([])}`,
      ) + this.events.write("response.content_part.added", `${this.#reference},"part":${this.#kind.part("")}`)
    );
  }

  push(escaped: string): string {
    this.#text.add(escaped);
    return this.events.close(this.#deltaHead + escaped + this.#deltaEnd);
  }

  close(status: ItemStatus): string {
    this.#status = status;
    const { event, field, eventEnd, part } = this.#kind;
    const text = this.#text.toString();
    return (
      this.events.write(`${event}.done`, `${this.#reference},"${field}":"${text}"${eventEnd}`) +
      this.events.write("response.content_part.done", `${this.#reference},"part":${part(text)}`) +
      this.events.write(
        "response.output_item.done",
        `"output_index":${this.place.outputIndex},"item":${this.toJson()}`,
      )
    );
  }

  toJson(): string {
    return this.#json([this.#kind.part(this.#text.toString())]);
  }

  #json(parts: readonly string[]): string {
    return `{"type":"message","id":"${this.place.id}","status":"${this.#status}","role":"assistant","content":[${parts.join(",")}]}`;
  }
}
