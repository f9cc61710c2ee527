import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyRequest } from "fastify";
import { type Caller, callerOf } from "../identity/caller";

/** LiteLLM's name for whoever holds the master key. */
const MASTER_NAME = "default_user_id";

/** Who makes a change, as `created_by` and `updated_by` show it. */
export function actorOf(request: FastifyRequest): string {
  return nameOf(callerOf(request));
}

function nameOf(caller: Caller): string {
  if (caller.kind === "master") return MASTER_NAME;
  return caller.kind === "token" ? caller.token.name : caller.key.keyId;
}

/** Management bodies are small, in bytes. */
const BODY_LIMIT = 256 * 1024;

/** Options of a route that changes something: it ends in an audit row. */
export const CHANGE = { config: { isAudited: true }, bodyLimit: BODY_LIMIT } as const;

/** A body that only names something is smaller still, in bytes. */
const NAME_LIMIT = 8 * 1024;

/** Options of a route that only reads, and takes a body although it is asked by GET. */
export const READ_BY_GET = { bodyLimit: NAME_LIMIT } as const;

/** Options of a route that only reads, with a body. */
export const READ = { bodyLimit: BODY_LIMIT } as const;

/**
 * What stands at `start` up to, not including, `end` of the items in their order. The others are only parted from them, not sorted, and
 * between two passes over many of them requests have their turn: sorting 100,000 keys at once would keep all waiting for a tenth of a
 * second. Changes the order of `items`.
 * @param compare settles ties
 */
export async function selectPage<Item>(
  items: Item[],
  compare: (a: Item, b: Item) => number,
  start: number,
  end: number,
): Promise<Item[]> {
  await partAt(items, compare, 0, items.length, start);
  await partAt(items, compare, start, items.length, end);
  return items.slice(start, end).sort(compare);
}

/** Items that a pass may go over without a turn for others. */
const FEW = 10_000;

/** Brings the smallest items of a range before `place`, in no particular order (quickselect). */
async function partAt<Item>(
  items: Item[],
  compare: (a: Item, b: Item) => number,
  from: number,
  to: number,
  place: number,
): Promise<void> {
  let [low, high] = [from, to - 1];
  if (place <= low || place > high) return;
  while (low < high) {
    if (high - low > FEW) await nextTurn();
    const pivot = items[medianOfThree(items, compare, low, high)] as Item;
    let [left, right] = [low, high];
    while (left <= right) {
      while (compare(items[left] as Item, pivot) < 0) left += 1;
      while (compare(items[right] as Item, pivot) > 0) right -= 1;
      if (left > right) break;
      [items[left], items[right]] = [items[right] as Item, items[left] as Item];
      left += 1;
      right -= 1;
    }
    if (place <= right) high = right;
    else if (place >= left) low = left;
    else return;
  }
}

/** Of first, middle and last: items that are in order already do not make it slow. */
function medianOfThree<Item>(
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
  low: number,
  high: number,
): number {
  const middle = (low + high) >>> 1;
  const [a, b, c] = [items[low] as Item, items[middle] as Item, items[high] as Item];
  if (compare(a, b) < 0) return compare(b, c) < 0 ? middle : compare(a, c) < 0 ? high : low;
  return compare(a, c) < 0 ? low : compare(b, c) < 0 ? high : middle;
}

/** By code units, as `sort` compares text. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
