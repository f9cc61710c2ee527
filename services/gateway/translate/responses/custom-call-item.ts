import { escapeText, unescapeText } from "../../messages/byte-text";
import type { ClientTool } from "./answer-plan";
import { CustomInputReader } from "./custom-input";
import { type EventWriter, openEvent } from "./event-writer";
import { type ItemPlace, type ItemStatus, itemReference, type OutputItem } from "./output-item";

/** A call of a custom tool: the model wrote `{"input":"…"}` for it, the client gets the text. */
export class CustomCallItem implements OutputItem {
  readonly #head: string;
  readonly #input = new CustomInputReader();
  #status: ItemStatus = "in_progress";

  /** @param callId by which the client names the call in its result */
  constructor(
    readonly events: EventWriter,
    readonly place: ItemPlace,
    callId: string,
    tool: ClientTool,
  ) {
    const namespace = tool.namespace === undefined ? "" : `,"namespace":"${escapeText(tool.namespace)}"`;
    this.#head = `{"type":"custom_tool_call","id":"${place.id}","call_id":"${escapeText(callId)}","name":"${escapeText(tool.name)}"${namespace}`;
  }

  open(): string {
    return this.#itemEvent("response.output_item.added");
  }

  push(escaped: string): string {
    return this.#delta(this.#input.push(unescapeText(escaped)));
  }

  close(status: ItemStatus): string {
    const rest = this.#delta(this.#input.finish());
    this.#status = status;
    return (
      rest +
      this.events.write(
        "response.custom_tool_call_input.done",
        `${itemReference(this.place)},"input":"${this.#input.text}"`,
      ) +
      this.#itemEvent("response.output_item.done")
    );
  }

  toJson(): string {
    return `${this.#head},"input":"${this.#input.text}","status":"${this.#status}"}`;
  }

  #delta(escaped: string): string {
    if (escaped === "") return "";
    const head = openEvent("response.custom_tool_call_input.delta");
    return this.events.close(`${head}${itemReference(this.place)},"delta":"${escaped}"`);
  }

  #itemEvent(type: string): string {
    return this.events.write(type, `"output_index":${this.place.outputIndex},"item":${this.toJson()}`);
  }
}
