import { z } from "zod";

/** Minimal until the template lands. */
export const Workspaces = z
  .strictObject({
    autostopHours: z
      .int()
      .min(0)
      .max(720)
      .default(8)
      .describe("Hours after which a workspace is stopped; 0 is never."),
  })
  .prefault({})
  .describe("Workspaces.");
