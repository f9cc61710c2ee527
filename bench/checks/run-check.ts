import type { Check, CheckContext, CheckResult } from "./check";

/** Runs a check; an error is a result too. */
export async function runCheck(check: Check, context: CheckContext): Promise<CheckResult> {
  const { goal, title } = check;
  try {
    return { goal, title, ...(await check.run(context)) };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { goal, title, found, wanted: "an answer", isReached: false };
  }
}
