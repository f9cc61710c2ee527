import { setTimeout as wait } from "node:timers/promises";

/** Tries until `check` neither throws nor gives something false. @param limitMs @default 10000 */
export async function eventually<Value>(
  check: () => Value | Promise<Value>,
  limitMs = 10_000,
): Promise<Value> {
  const end = Date.now() + limitMs;
  for (;;) {
    let failure: unknown = new Error("never became true");
    try {
      const value = await check();
      if (value) return value;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > end) throw failure;
    await wait(20);
  }
}
