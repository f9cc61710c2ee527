/** How long an answer stays true, in milliseconds. */
const FRESH_MS = 1000;
/** A gateway that takes longer than this is not ready. */
const LIMIT_MS = 2000;

/** Asks the gateway whether it is ready, at most once a second however often it is called. */
export function createGatewayProbe(
  gatewayUrl: string,
  now: () => number = () => performance.now(),
): () => Promise<boolean> {
  let askedAt = Number.NEGATIVE_INFINITY;
  let answer: Promise<boolean> = Promise.resolve(false);
  return () => {
    if (now() - askedAt >= FRESH_MS) {
      askedAt = now();
      answer = ask(`${gatewayUrl}/health/readiness`);
    }
    return answer;
  };
}

async function ask(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), redirect: "error" });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
