import { z } from "zod";
import { faultIssue } from "../finding";

const DURATION = /^(0|[1-9]\d*)(s|m|h|d|w|mo)$/;
/** As the JSON Schema has it. */
export const DURATION_PATTERN = DURATION.source;

/** Ten years in each unit: with more the gateway does not start. */
const MOST: Readonly<Record<string, number>> = {
  s: 315_360_000,
  m: 5_256_000,
  h: 87_600,
  d: 3650,
  w: 521,
  mo: 119,
};

/** `90s`, `15m`, `12h`, `30d`, `4w`, `1mo`: LiteLLM's notation. */
export const Duration = z
  .string()
  .regex(DURATION, {
    error: "must be a duration: a whole number and s, m, h, d, w or mo, such as 1d",
    abort: true,
  })
  .superRefine((text, context) => {
    const [, count, unit = ""] = DURATION.exec(text) ?? [];
    const most = MOST[unit] ?? 0;
    if (Number(count) >= 1 && Number(count) <= most) return;
    const problem = `is too ${count === "0" ? "short" : "long"}`;
    context.addIssue(faultIssue({ problem, allowed: `1${unit} to ${most}${unit}, ten years` }, text));
  });

/** How long records are kept. */
export const Retention = z
  .strictObject({
    audit: Duration.default("365d").describe(
      "How long audit rows are kept, such as 90d, 52w or 18mo; ten years at most.",
    ),
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
