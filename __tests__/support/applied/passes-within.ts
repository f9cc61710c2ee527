/**
 * Tries `check` until it passes.
 * @param seconds how long to try
 * @throws the last error when time is up
 */
export async function passesWithin<T>(seconds: number, check: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
