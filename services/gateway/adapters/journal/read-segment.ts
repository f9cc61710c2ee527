import { decodeRecord, type JournalRecord } from "./record";

/** What is in a segment. */
export interface SegmentContent {
  readonly records: readonly JournalRecord[];
  /** Unreadable lines at the end: a write that was cut off. Nobody was told that it had succeeded. */
  readonly tornLines: number;
  /** Unreadable lines with readable ones after them: the file was damaged later, or a power cut reordered its blocks. */
  readonly damagedLines: number;
}

/** Judges each line by itself, so that a bad one costs no other. */
export function readSegment(text: string): SegmentContent {
  const lines = text.split("\n");
  // What follows the last newline: nothing, or a line that was cut off.
  const rest = lines.pop();
  const found = lines.map(decodeRecord);
  const end = found.findLastIndex((record) => record !== undefined) + 1;
  const records = found.filter((record) => record !== undefined);
  return {
    records,
    tornLines: found.length - end + (rest === "" ? 0 : 1),
    damagedLines: end - records.length,
  };
}
