/** Time in milliseconds, number, and the process that wrote it; then the process that has claimed it, if any. */
const NAME = /^(\d{13}-\d{6}-[0-9a-f-]{36})(?:\.[0-9a-f-]{36})?\.journal$/;

/** Name of a new segment. Sorting names gives their order in time. @param instance UUID of the process */
export function segmentName(nowMs: number, count: number, instance: string): string {
  return `${String(nowMs).padStart(13, "0")}-${String(count).padStart(6, "0")}-${instance}.journal`;
}

/** The name under which a process replays a segment. @returns `undefined` when `name` is no segment's */
export function claimedName(name: string, instance: string): string | undefined {
  const stem = segmentStem(name);
  return stem === undefined ? undefined : `${stem}.${instance}.journal`;
}

/** What of a segment's name stays when it is claimed. @returns `undefined` when `name` is no segment's */
export function segmentStem(name: string): string | undefined {
  return NAME.exec(name)?.[1];
}

/** When a segment was begun, in milliseconds since 1970. */
export function segmentTime(stem: string): number {
  return Number(stem.slice(0, 13));
}
