/** How long what was read stays true, in milliseconds. */
const FRESH_MS = 1000;

/** Reads at most once a second, however often it is asked: whoever asks about health may ask as often as they like. */
export function cached<Value>(
  read: () => Promise<Value>,
  now: () => number = () => performance.now(),
): () => Promise<Value> {
  let readAt = Number.NEGATIVE_INFINITY;
  let value: Promise<Value> | undefined;
  return () => {
    if (value === undefined || now() - readAt >= FRESH_MS) {
      readAt = now();
      value = read();
    }
    return value;
  };
}
