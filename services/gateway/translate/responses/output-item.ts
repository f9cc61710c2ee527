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
export function itemReference({ id, outputIndex }: ItemPlace): string {
  return `"item_id":"${id}","output_index":${outputIndex}`;
}
