import { z } from "zod";
import type { Fault } from "../finding";
import { unknownName } from "../nearest";
import { Duration } from "./governance";
import { MODEL } from "./models";

/** Figures of one scope. */
interface Figures {
  readonly budgetUsd: number;
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
  readonly parallelRequests: number;
}

const NANO = 1e9;

const scope = (what: string, models: string, figures: Figures) =>
  z
    .strictObject({
      budgetUsd: z
        .number()
        .min(0)
        .max(1_000_000)
        .refine((usd) => Number.isInteger(Math.round(usd * NANO * 1000) / 1000), {
          error: "must have at most 9 decimals",
        })
        .default(figures.budgetUsd)
        .describe("Most that one key spends in a period, USD."),
      period: Duration.default("1d").describe(
        "When the budget is full again, such as 1d (midnight UTC), 1w (Monday) or 1mo (the first).",
      ),
      requestsPerMinute: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(figures.requestsPerMinute)
        .describe("Requests a minute."),
      tokensPerMinute: z
        .int()
        .min(1)
        .max(1_000_000_000)
        .default(figures.tokensPerMinute)
        .describe("Tokens a minute."),
      parallelRequests: z
        .int()
        .min(1)
        .max(100_000)
        .default(figures.parallelRequests)
        .describe("Requests at the same time."),
      models: z
        .union([
          z.literal("all"),
          z.array(z.string(), { error: "must be all, or a list of models" }).min(1).max(200),
        ])
        .optional()
        .describe(`Models, by their names in \`models\`, or all. @default - ${models}`),
    })
    .prefault({})
    .describe(what);

/** Default of most scopes, in words. */
const ALL = "all";

/** What keys of each scope may use. */
export const Scopes = z
  .strictObject({
    workspace: scope("Keys of workspaces, one each.", ALL, {
      budgetUsd: 10,
      requestsPerMinute: 60,
      tokensPerMinute: 100_000,
      parallelRequests: 5,
    }),
    user: scope("Keys that people get for themselves, one each.", ALL, {
      budgetUsd: 20,
      requestsPerMinute: 100,
      tokensPerMinute: 200_000,
      parallelRequests: 10,
    }),
    ci: scope(
      "Keys of pipelines, one for each repository.",
      "those with haiku in their name, else the cheapest",
      {
        budgetUsd: 5,
        requestsPerMinute: 30,
        tokensPerMinute: 50_000,
        parallelRequests: 3,
      },
    ),
    agentReview: scope(
      "The key of an agent that reviews.",
      "those with sonnet or haiku in their name, else all",
      { budgetUsd: 15, requestsPerMinute: 40, tokensPerMinute: 100_000, parallelRequests: 5 },
    ),
    agentWrite: scope("The key of an agent that writes.", ALL, {
      budgetUsd: 30,
      requestsPerMinute: 60,
      tokensPerMinute: 200_000,
      parallelRequests: 10,
    }),
  })
  .prefault({})
  .describe(
    "What keys may use that the key-provisioner makes. A change reaches the keys that are there within minutes.",
  );

/** Models of scopes that are not offered. Sections may be absent or wrong in part. */
export function* findScopeFaults(
  scopes: Partial<z.output<typeof Scopes>> | undefined,
  models: readonly string[],
): Iterable<{ path: (string | number)[]; input: unknown; fault: Omit<Fault, "value"> }> {
  for (const [name, figures] of Object.entries(scopes ?? {})) {
    const listed: unknown = figures?.models;
    for (const [index, model] of (Array.isArray(listed) ? listed : []).entries()) {
      if (typeof model !== "string" || models.includes(model)) continue;
      yield {
        path: [name, "models", index],
        input: model,
        fault: unknownName(model, models, MODEL),
      };
    }
  }
}
