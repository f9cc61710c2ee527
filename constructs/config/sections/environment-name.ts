import { z } from "zod";
import { faultIssue } from "../finding";
import { reservedFor } from "../reserved-names";

/** Names the variable with one credential of a provider: one of the operator's environment that means nothing else to anybody. */
export const credentialEnv = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]{0,127}$/, {
    error: "must be the NAME of an environment variable, such as ANTHROPIC_API_KEY",
  })
  .superRefine((name, context) => {
    const reserved = reservedFor(name);
    if (reserved === undefined) return;
    const fault = {
      problem: `is ${reserved}`,
      allowed: "a name that nothing else reads",
      remedy: "put the value into a variable of its own, such as ANTHROPIC_API_KEY",
    };
    context.addIssue(faultIssue(fault, name));
  });
