import { isAbsolute } from "node:path";
import { z } from "zod";
import { CoderUsers } from "./coder-users";

/** As Coder takes it: `*`, a name with a dot, no scheme or port. */
const WILDCARD = /^\*(?=.{4,253}$)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){2,}$/i;

/** Coder's own rule for the names of users. */
const USERNAME = /^(?=.{1,32}$)[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$/;

/** The Coder server. */
export const Coder = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Whether there is a Coder server, and with it workspaces."),
    wildcardHost: z
      .string()
      .regex(WILDCARD, { error: "must be *. and a host name with a dot, without scheme or port" })
      .optional()
      .describe(
        "Names that lead to the access host, such as *.coder.example.org. Each app of a workspace has one, so none shares the dashboard's cookies. @default - apps are paths of the access host",
      ),
    providerMirror: z
      .string()
      .refine(isAbsolute, { error: "must be the absolute path of a folder" })
      .optional()
      .describe(
        "Folder of the engine's machine with the Terraform providers that templates need, in the layout of `terraform providers mirror`. For sites without a way to registry.terraform.io. @default - the registry",
      ),
    admin: z
      .strictObject({
        username: z
          .string()
          .regex(USERNAME, { error: "must be up to 32 letters and digits, with single dashes between them" })
          .default("admin")
          .describe("Name of the first user, who owns the installation."),
        email: z
          .email()
          .default("admin@sluice.example")
          .describe("The first user's email address, which signs in."),
      })
      .prefault({})
      .describe("The first user."),
    users: CoderUsers,
  })
  .prefault({})
  .describe("The Coder server, which people open their workspaces with.");
