import { z } from "zod";

const DURATION = /^[1-9]\d{0,3}(s|m|h|d|w|mo)$/;
/** As the JSON Schema has it. */
export const DURATION_PATTERN = DURATION.source;

/** `90s`, `15m`, `12h`, `30d`, `4w`, `1mo`: LiteLLM's notation. */
export const Duration = z.string().regex(DURATION, {
  error: "must be a duration: a whole number and s, m, h, d, w or mo, such as 1d",
});

/** How long records are kept. */
export const Retention = z
  .strictObject({
    audit: Duration.default("365d").describe("How long audit rows are kept."),
    logMegabytes: z
      .int()
      .min(1)
      .max(1024)
      .default(10)
      .describe("Size at which a container's log file rotates, MB."),
    logFiles: z.int().min(1).max(100).default(5).describe("Log files kept per container."),
  })
  .prefault({})
  .describe("How long records are kept.");
