import type { Limit } from "./cell";

/** Ours is at least so many times B. */
export function atLeastTimes(factor: number): Limit {
  return { text: `≥ ${factor.toFixed(2)} × B`, holds: ({ ratio }) => ratio.median >= factor };
}

/** Ours is at most so many times B. */
export function atMostTimes(factor: number): Limit {
  return { text: `≤ ${factor.toFixed(2)} × B`, holds: ({ ratio }) => ratio.median <= factor };
}

/** Ours is at most so much. */
export function atMost(value: number, unit: string): Limit {
  return { text: `≤ ${value} ${unit}`, holds: ({ ours }) => ours <= value };
}

/** A latency in ms: at most B's and one and a half times what the disk takes to make an audit row durable. */
export const bareAndSync: Limit = {
  text: "≤ B + 1.5 × sync",
  holds: ({ ours, bare, syncMs }) => ours <= bare + 1.5 * syncMs,
};
