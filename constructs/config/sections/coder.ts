import { z } from "zod";
import { CoderUsers } from "./coder-users";

/** Coder, which runs the workspaces. */
export const Coder = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe("Whether the platform has a Coder with a workspace template."),
    admin: z
      .strictObject({
        username: z.string().default("admin").describe("Login name of the first user, who owns Coder."),
        email: z.email().default("admin@sluice.example").describe("Email that the first user logs in with."),
      })
      .prefault({})
      .describe("The first user of Coder."),
    users: CoderUsers,
  })
  .prefault({})
  .describe("Coder, which runs the workspaces.");
