import { z } from "zod";
import { faultIssue } from "../finding";
import { credentialEnv } from "./environment-name";

/** Names of Coder's own roles that a user may be given. */
const ROLES = ["owner", "template-admin", "user-admin", "auditor"] as const;

const CoderUser = z.strictObject({
  username: z
    .string()
    .regex(/^(?=.{1,32}$)[a-z0-9]+(?:-[a-z0-9]+)*$/, {
      error:
        "must be a login name such as ada: up to 32 lower-case letters and digits, with single dashes between them",
    })
    .superRefine((name, context) => {
      if (!name.startsWith("sluice-")) return;
      const problem = "begins with sluice-, as the platform's own users do";
      context.addIssue(
        faultIssue({ problem, allowed: "any other name", remedy: "choose another name" }, name),
      );
    })
    .describe("Login name; also part of the names of the user's workspaces."),
  email: z
    .email({ error: "must be an email address, such as ada@example.com" })
    .describe(
      "Email that the user logs in with. A change deletes the user and makes a new one, so their workspaces must be gone.",
    ),
  name: z.string().min(1).max(128).optional().describe("Full name; the login name where it is left out."),
  roles: z
    .array(z.enum(ROLES))
    .refine((roles) => new Set(roles).size === roles.length, { error: "has a role twice" })
    .optional()
    .describe("Roles in the whole of Coder, exactly these. Left out, roles that are given in Coder stay."),
  login: z
    .enum(["password", "oidc", "github", "none"])
    .describe(
      "How the user logs in. A change deletes the user and makes a new one. oidc and github need a Coder that is set up for it; none is for a user with tokens only.",
    ),
  passwordEnv: credentialEnv
    .optional()
    .describe(
      "Name of the variable with the first password, for login: password. Read at the deploy that makes the user.",
    ),
  minimumLevel: z
    .string()
    .optional()
    .describe(
      "Enforcement level that the user's keys have at least, those of workspaces as well. @default - what `enforcement.minimum` says",
    ),
});

/** People who are made in Coder by the deploy. */
export const CoderUsers = z
  .array(CoderUser)
  .max(500)
  .superRefine((users, context) => {
    for (const [index, { login, passwordEnv }] of users.entries()) {
      const needs = login === "password";
      if (needs === (passwordEnv !== undefined)) continue;
      const fault = needs
        ? {
            problem: "is needed with login: password",
            allowed: "the name of an environment variable",
            remedy: "add one, such as passwordEnv: ADA_PASSWORD",
          }
        : {
            problem: `has no use with login: ${login}`,
            allowed: "only with login: password",
            remedy: "remove it",
          };
      context.addIssue(faultIssue(fault, passwordEnv, { path: [index, "passwordEnv"] }));
    }
  })
  .default([])
  .describe("Users that the deploy makes in Coder. One that is taken out of the list is deleted there.");
