import { cached } from "./cached";

/** A gateway that takes longer than this is not ready. */
const LIMIT_MS = 2000;

/** Asks the gateway whether it is ready, at most once a second however often it is called. */
export function createGatewayProbe(gatewayUrl: string, now?: () => number): () => Promise<boolean> {
  return cached(() => ask(`${gatewayUrl}/health/readiness`), now);
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
