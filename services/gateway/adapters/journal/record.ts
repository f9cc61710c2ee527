import { crc32 } from "node:zlib";
import type { AuditRow } from "../../ports/audit-log";
import type { CommitItem } from "../commit-item";

/** What the journal keeps of one request. Intents are not kept: see `JournaledWriter`. */
export interface JournalRecord {
  readonly row: AuditRow;
  /** The lease and the budgets that its cost is still to be taken from. `undefined`: no budget pays for it. */
  readonly intent: CommitItem["intent"];
}

/** Hexadecimal digits of the checksum. */
const CRC_DIGITS = 8;

/** One line, newline included: the CRC-32 of the text, a space, the record as JSON. */
export function encodeRecord({ row, intent }: JournalRecord): string {
  const paidBy =
    intent === undefined
      ? undefined
      : { owner: intent.owner, budgets: intent.budgets, unreserved: intent.unreserved };
  const json = JSON.stringify({ intent: paidBy, row });
  return `${checksum(json)} ${json}\n`;
}

/** Reads a line without its newline. @returns `undefined` when it is not as it was written */
export function decodeRecord(line: string): JournalRecord | undefined {
  const json = line.slice(CRC_DIGITS + 1);
  if (json === "" || line.slice(0, CRC_DIGITS + 1) !== `${checksum(json)} `) return undefined;
  const { intent, row } = JSON.parse(json) as JournalRecord;
  return { intent, row: { ...row, startedAt: new Date(row.startedAt) } };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(CRC_DIGITS, "0");
}
