import { z } from "zod";
import { ADMIN_PASSWORD_ENV, reservedFor } from "../reserved-names";

/** Name of a variable in the operator's environment that means nothing else to anybody. */
const environmentName = (example: string, isAllowed = (_name: string) => false) =>
  z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]{0,127}$/, {
      error: `must be the NAME of an environment variable, such as ${example}`,
    })
    .superRefine((name, context) => {
      const reserved = isAllowed(name) ? undefined : reservedFor(name);
      if (reserved === undefined) return;
      context.addIssue({
        code: "custom",
        input: name,
        message: `is ${reserved}; allowed: a name that nothing else reads; remedy: put the value into a variable of its own, such as ${example}`,
      });
    });

/** Names the variable with one credential of a provider. */
export const credentialEnv = environmentName("ANTHROPIC_API_KEY");

/** Names the variable with the first administrator's password. */
export const passwordEnv = environmentName(ADMIN_PASSWORD_ENV, (name) => name === ADMIN_PASSWORD_ENV);
