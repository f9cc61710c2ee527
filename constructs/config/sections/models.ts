import { z } from "zod";
import { baseUrlFault, withoutCredentials } from "../base-url";
import { DEFAULT_MODELS } from "../default-models";
import { faultIssue } from "../finding";
import { credentialEnv } from "./environment-name";

/** Address below which a provider takes requests. */
const baseUrl = z
  .string()
  .superRefine((text, context) => {
    const fault = baseUrlFault(text);
    if (fault !== undefined) context.addIssue(faultIssue(fault, withoutCredentials(text)));
  })
  .meta({ format: "uri" });

/** A provider's own name for a model. It becomes part of URLs, logs and pages. */
const modelId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,255}$/, {
  error: "must be a model id such as claude-sonnet-4-5-20250929: up to 256 letters, digits and . _ : / @ + -",
});

/** Where a model runs. Credentials are named, never written. */
export const Provider = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("anthropic").describe("Anthropic's own API."),
    apiKeyEnv: credentialEnv
      .default("ANTHROPIC_API_KEY")
      .describe("Name of the variable that holds the API key."),
    baseUrl: baseUrl.default("https://api.anthropic.com").describe("Base URL, without /v1."),
  }),
  z.strictObject({
    kind: z.literal("bedrock").describe("Anthropic models on AWS Bedrock."),
    accessKeyIdEnv: credentialEnv
      .default("AWS_ACCESS_KEY_ID")
      .describe("Name of the variable with the access key id."),
    secretAccessKeyEnv: credentialEnv
      .default("AWS_SECRET_ACCESS_KEY")
      .describe("Name of the variable with the secret access key."),
    sessionTokenEnv: credentialEnv
      .optional()
      .describe("Name of the variable with the session token, for temporary keys."),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]{1,16}){1,3}-\d$/, { error: "must be an AWS region, such as us-east-1" })
      .default("us-east-1")
      .describe("AWS region."),
  }),
]);

/** Provider name → provider. */
export const Providers = z
  .record(
    z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, { error: "must be a short lower-case name" }),
    Provider,
    { error: "must be a map of provider names" },
  )
  .default({
    anthropic: { kind: "anthropic", apiKeyEnv: "ANTHROPIC_API_KEY", baseUrl: "https://api.anthropic.com" },
  })
  .describe("Model providers by name. Credentials are names of environment variables, never values.");

const usdPerMillion = (what: string) =>
  z
    .number()
    .min(0)
    .max(10_000)
    .refine((usd) => Number.isInteger(Math.round(usd * 1e6) / 1000), {
      error: "must have at most 3 decimals, so that a price per token is a whole number of nano-USD",
    })
    .describe(`${what}, USD per million tokens.`);

/** What tokens cost. Source: the provider's price page. */
export const Prices = z
  .strictObject({
    input: usdPerMillion("Input tokens"),
    output: usdPerMillion("Output tokens"),
    cacheRead: usdPerMillion("Tokens read from the prompt cache").optional(),
    cacheWrite5m: usdPerMillion("Tokens written to the 5-minute prompt cache").optional(),
    cacheWrite1h: usdPerMillion("Tokens written to the 1-hour prompt cache").optional(),
  })
  .describe("Prices in USD per million tokens, at most 3 decimals.");

/** A name that clients ask for, and where it runs. */
export const Model = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/, { error: "must be a model name such as claude-sonnet-4-5" })
    .describe("Name that clients ask for."),
  deployments: z
    .array(
      z.strictObject({
        provider: z.string().describe("A name under providers."),
        model: modelId.describe("The provider's own model id."),
        prices: Prices.optional().describe(
          "Prices here, where they differ from the model's. @default - the model's",
        ),
      }),
    )
    .min(1)
    .max(8)
    .describe("Where the model runs, in order of preference."),
  prices: Prices,
  maxOutputTokens: z.int().min(1).max(1_000_000).default(64_000).describe("Most tokens one answer may have."),
});

/** How faults name a model, and where one can be added. */
export const MODEL = { what: "a model", setting: "models" };

/** All models. */
export const Models = z
  .array(Model)
  .min(1)
  .max(200)
  .default(() => structuredClone(DEFAULT_MODELS))
  .describe(
    "Models that the gateway offers. @default - Claude Sonnet 4.5, Haiku 4.5 and Opus 4.5 on Anthropic",
  );
