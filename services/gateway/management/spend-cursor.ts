import type { SpendPlace } from "../ports/spend-reader";

/** A place in a list of requests as text that says nothing to a client, which only sends it back. */
export function writeCursor({ startedAt, requestId }: SpendPlace): string {
  return Buffer.from(`${startedAt.getTime()} ${requestId}`).toString("base64url");
}

/** @returns `undefined` for what is no cursor of `writeCursor` */
export function readCursor(text: string): SpendPlace | undefined {
  const match = /^(-?\d{1,15}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(
    Buffer.from(text, "base64url").toString("latin1"),
  );
  if (match === null) return undefined;
  return { startedAt: new Date(Number(match[1])), requestId: match[2] ?? "" };
}
