import type { Finding } from "../guardrails/finding";
import { resolveScreening, type Screening, type ScreeningSettings } from "../guardrails/screening";
import type { Caller } from "../plugins/auth";

/** What is looked for in requests, and who counts what was found. */
export interface Guardrails {
  /** Of the configuration in force. */
  readonly settings: () => ScreeningSettings;
  readonly onFindings: (action: Screening["action"], findings: readonly Finding[]) => void;
}

/**
 * What is looked for in a caller's requests. The master key has no metadata, so the default holds for it.
 * @throws GatewayError 503 when the key says something that is not known
 */
export function screeningOf(caller: Caller, guardrails: Guardrails): Screening | undefined {
  const metadata = caller.kind === "key" ? caller.key.metadata : {};
  const screening = resolveScreening(guardrails.settings(), metadata);
  if (screening === undefined) return undefined;
  let isTold = false;
  return {
    ...screening,
    // A request is written anew for each deployment that is tried; it is the same finding.
    onFindings: (findings) => {
      if (!isTold) guardrails.onFindings(screening.action, findings);
      isTold = true;
    },
  };
}
