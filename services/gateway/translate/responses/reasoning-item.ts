import { ByteTextBuilder, escapeText } from "../../messages/byte-text";
import type { ResponsesAnswerPlan } from "./answer-plan";
import { type EventWriter, openEvent } from "./event-writer";
import { type ItemPlace, itemReference, type OutputItem } from "./output-item";
import { sealReasoning } from "./reasoning-envelope";

/** What the model thought: as a summary and sealed for the way back, each only if the client asked for it. */
export class ReasoningItem implements OutputItem {
  readonly #reference: string;
  readonly #deltaHead: string;
  readonly #thinking = new ByteTextBuilder();
  #signature = "";
  #isClosed = false;

  /** @param redacted reasoning that only the provider can read. `undefined`: it comes in pieces */
  constructor(
    readonly events: EventWriter,
    readonly place: ItemPlace,
    readonly plan: ResponsesAnswerPlan,
    readonly redacted: string | undefined,
  ) {
    this.#reference = `${itemReference(place)},"summary_index":0`;
    this.#deltaHead = `${openEvent("response.reasoning_summary_text.delta")}${this.#reference},"delta":"`;
  }

  open(): string {
    return this.#itemEvent("response.output_item.added");
  }

  push(escaped: string): string {
    if (escaped === "") return "";
    const isFirst = this.#thinking.length === 0;
    this.#thinking.add(escaped);
    if (!this.plan.showsReasoning) return "";
    const part = isFirst
      ? this.events.write("response.reasoning_summary_part.added", `${this.#reference},"part":${summary("")}`)
      : "";
    return `${part}${this.events.close(`${this.#deltaHead}${escaped}"`)}`;
  }

  /** The provider's signature, the inside of a JSON string; the last one counts. */
  sign(escaped: string): void {
    this.#signature = escaped;
  }

  close(): string {
    this.#isClosed = true;
    const text = this.#thinking.toString();
    const done =
      this.plan.showsReasoning && text !== ""
        ? this.events.write("response.reasoning_summary_text.done", `${this.#reference},"text":"${text}"`) +
          this.events.write(
            "response.reasoning_summary_part.done",
            `${this.#reference},"part":${summary(text)}`,
          )
        : "";
    return done + this.#itemEvent("response.output_item.done");
  }

  toJson(): string {
    const hasSummary = this.#isClosed && this.plan.showsReasoning && this.#thinking.length > 0;
    const sealed = this.#isClosed ? this.#seal() : undefined;
    const encrypted = sealed === undefined ? "" : `,"encrypted_content":"${sealed}"`;
    return `{"type":"reasoning","id":"${this.place.id}","summary":[${hasSummary ? summary(this.#thinking.toString()) : ""}]${encrypted}}`;
  }

  #seal(): string | undefined {
    if (!this.plan.includesEncryptedReasoning) return undefined;
    const { upstreamModel } = this.plan;
    if (this.redacted !== undefined)
      return sealReasoning(upstreamModel, `"type":"redacted_thinking","data":"${escapeText(this.redacted)}"`);
    if (this.#signature === "") return undefined;
    const members = `"type":"thinking","thinking":"${this.#thinking.toString()}","signature":"${this.#signature}"`;
    return sealReasoning(upstreamModel, members);
  }

  #itemEvent(type: string): string {
    return this.events.write(type, `"output_index":${this.place.outputIndex},"item":${this.toJson()}`);
  }
}

function summary(escaped: string): string {
  return `{"type":"summary_text","text":"${escaped}"}`;
}
