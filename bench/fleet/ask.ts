import { MASTER_KEY } from "../targets/gateway";

/** An answer, and when it came. Times in milliseconds. */
export interface Asked {
  readonly status: number;
  readonly firstByteMs: number;
  readonly wholeMs: number;
  readonly bytes: number;
  readonly text: () => string;
}

/** Longest wait for one answer, in milliseconds. */
const LIMIT_MS = 120_000;

/** Asks a gateway with the master key. */
export async function ask(port: number, path: string, key = MASTER_KEY): Promise<Asked> {
  const began = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const parts: Uint8Array[] = [];
  let firstByteMs: number | undefined;
  let bytes = 0;
  for await (const part of response.body ?? []) {
    firstByteMs ??= performance.now() - began;
    parts.push(part);
    bytes += part.length;
  }
  const wholeMs = performance.now() - began;
  const text = () => Buffer.concat(parts).toString("utf8");
  return { status: response.status, firstByteMs: firstByteMs ?? wholeMs, wholeMs, bytes, text };
}
