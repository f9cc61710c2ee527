import { escapeText } from "../../messages/byte-text";
import type { Members } from "../../messages/members";
import type { ChatAnswerPlan } from "./answer-plan";
import type { ChunkWriter } from "./chunk-writer";
import type { CalledTools } from "./finish-reason";
import type { TextFrame } from "./text-frame";
import { toolCallId } from "./tool-call-id";

/** A tool call whose input has not ended. */
interface OpenCall {
  readonly frame: TextFrame;
  /** Input that came with the start of the block, as JSON: it counts when no other comes. */
  readonly filled: string;
  hasInput: boolean;
}

/** Tool calls of a stream: blocks of a message, which have any index → calls, which are counted from 0. */
export class ToolCallStream {
  /** By the index of the block. */
  readonly #open = new Map<number, OpenCall>();
  #visible = 0;
  #hidden = false;

  constructor(
    readonly writer: ChunkWriter,
    readonly plan: ChatAnswerPlan,
  ) {}

  get called(): CalledTools {
    return { visible: this.#visible, hidden: this.#hidden };
  }

  /** @param block of type `tool_use` */
  start(index: number, block: Members): string {
    const sent = String(block["name"] ?? "");
    const filled = JSON.stringify(block["input"] ?? {});
    if (this.#open.has(index)) return "";
    if (sent === this.plan.hiddenJsonTool) {
      // Its input is the answer, and an answer is one JSON value.
      if (this.#hidden) return "";
      this.#hidden = true;
      this.#open.set(index, { frame: this.writer.content, filled, hasInput: false });
      return "";
    }
    const name = this.plan.renamedTools.get(sent) ?? sent;
    if (this.plan.isLegacyFunctionCall) {
      if (this.#visible > 0) return "";
      this.#visible = 1;
      this.#open.set(index, { frame: this.writer.functionArguments, filled, hasInput: false });
      return this.writer.delta({ function_call: { name, arguments: "" } });
    }
    const call = this.#visible;
    this.#visible += 1;
    this.#open.set(index, { frame: this.writer.toolArguments(call), filled, hasInput: false });
    const id = toolCallId(block["id"], call, this.writer.identity);
    return this.writer.delta({
      tool_calls: [{ index: call, id, type: "function", function: { name, arguments: "" } }],
    });
  }

  /** @param escaped a piece of the JSON of the input, as in `DeltaText` */
  addInput(index: number, escaped: string): string {
    const call = this.#open.get(index);
    if (call === undefined) return "";
    call.hasInput = true;
    return call.frame.around(escaped);
  }

  /** The input has ended. One that never began is given out now: `{}` where the tool takes none. */
  stop(index: number): string {
    const call = this.#open.get(index);
    this.#open.delete(index);
    return call === undefined || call.hasInput ? "" : call.frame.around(escapeText(call.filled));
  }

  stopAll(): string {
    return [...this.#open.keys()].map((index) => this.stop(index)).join("");
  }
}
