import { ByteTextBuilder, escapeText, unescapeText } from "../internal/byte-text";
import { CustomInputReader } from "./custom-input";
import { sealReasoning } from "./reasoning-envelope";
import type { ClientTool, ResponsesAnswerPlan } from "./response-object";

/** Whether an item is whole. */
export type ItemStatus = "in_progress" | "completed" | "incomplete";

/** An item of the answer while it is streamed. All texts are byte text; deltas are the inside of a JSON string. */
export interface OutputItem {
  /** Events that announce the item. */
  open(): string;
  /** Events for a piece of its content; `""` for none yet. */
  push(escaped: string): string;
  /** Events that end it. Called once. */
  close(status: ItemStatus): string;
  /** The item as JSON, as it stands in `response.output`. Called after `close`. */
  toJson(): string;
}

/** Where an item stands in the answer. */
export interface ItemPlace {
  /** Unique in the answer and the same each time, such as `msg_<request>_0`. */
  readonly id: string;
  readonly outputIndex: number;
}

/** Members that name an item in all events about its content. */
function itemReference({ id, outputIndex }: ItemPlace): string {
  return `"item_id":"${id}","output_index":${outputIndex}`;
}

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
