import { ByteTextBuilder, escapeText } from "../../messages/byte-text";
import type { ClientTool } from "./answer-plan";
import { type EventWriter, openEvent } from "./event-writer";
import { type ItemPlace, type ItemStatus, itemReference, type OutputItem } from "./output-item";

/** A call of a function. Its arguments are JSON text, passed on as the model writes them. */
export class FunctionCallItem implements OutputItem {
  readonly #head: string;
  readonly #deltaHead: string;
  readonly #name: string;
  readonly #arguments = new ByteTextBuilder();
  #status: ItemStatus = "in_progress";

  /** @param callId by which the client names the call in its result */
  constructor(
    readonly events: EventWriter,
    readonly place: ItemPlace,
    callId: string,
    tool: ClientTool,
  ) {
    const namespace = tool.namespace === undefined ? "" : `,"namespace":"${escapeText(tool.namespace)}"`;
    this.#name = `"name":"${escapeText(tool.name)}"`;
    this.#head = `{"type":"function_call","id":"${place.id}","call_id":"${escapeText(callId)}",${this.#name}${namespace}`;
    this.#deltaHead = `${openEvent("response.function_call_arguments.delta")}${itemReference(place)},"delta":"`;
  }

  open(): string {
    return this.#itemEvent("response.output_item.added");
  }

  push(escaped: string): string {
    if (escaped === "") return "";
    this.#arguments.add(escaped);
    return this.events.close(`${this.#deltaHead}${escaped}"`);
  }

  close(status: ItemStatus): string {
    // A tool without arguments has none written for it.
    const filled = this.#arguments.length === 0 && status === "completed" ? this.push("{}") : "";
    this.#status = status;
    return (
      filled +
      this.events.write(
        "response.function_call_arguments.done",
        `${itemReference(this.place)},${this.#name},"arguments":"${this.#arguments.toString()}"`,
      ) +
      this.#itemEvent("response.output_item.done")
    );
  }

  toJson(): string {
    return `${this.#head},"arguments":"${this.#arguments.toString()}","status":"${this.#status}"}`;
  }

  #itemEvent(type: string): string {
    return this.events.write(type, `"output_index":${this.place.outputIndex},"item":${this.toJson()}`);
  }
}
