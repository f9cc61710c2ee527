import { z } from "zod";

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
    context.addIssue({
      code: "custom",
      input: text,
      message: `is too ${count === "0" ? "short" : "long"}; allowed: 1${unit} to ${most}${unit}, ten years`,
    });
  });

const limits = (defaults: { budgetUsd: number; requests: number; tokens: number; parallel: number }) =>
  z
    .strictObject({
      budgetUsd: z
        .number()
        .min(0)
        .max(1_000_000)
        .default(defaults.budgetUsd)
        .describe("Hard budget per key and period, in USD."),
      budgetPeriod: Duration.default("1d").describe("Period after which the budget starts again (UTC)."),
      requestsPerMinute: z
        .int()
        .min(1)
        .max(100_000)
        .default(defaults.requests)
        .describe("Requests per minute."),
      tokensPerMinute: z
        .int()
        .min(1)
        .max(100_000_000)
        .default(defaults.tokens)
        .describe("Tokens per minute."),
      parallelRequests: z
        .int()
        .min(1)
        .max(10_000)
        .default(defaults.parallel)
        .describe("Requests at the same time."),
    })
    .prefault({});

/** What a key of each kind may spend and how fast. */
export const Scopes = z
  .strictObject({
    workspace: limits({ budgetUsd: 10, requests: 60, tokens: 100_000, parallel: 5 }).describe(
      "A workspace's key.",
    ),
    user: limits({ budgetUsd: 20, requests: 100, tokens: 200_000, parallel: 10 }).describe(
      "A person's own key.",
    ),
    ci: limits({ budgetUsd: 5, requests: 30, tokens: 50_000, parallel: 3 }).describe(
      "A repository's CI key.",
    ),
    "agent:review": limits({ budgetUsd: 15, requests: 40, tokens: 100_000, parallel: 5 }).describe(
      "A review agent.",
    ),
    "agent:write": limits({ budgetUsd: 30, requests: 60, tokens: 200_000, parallel: 10 }).describe(
      "A writing agent.",
    ),
  })
  .prefault({})
  .describe("Budget and limits of a key by its scope.");

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
