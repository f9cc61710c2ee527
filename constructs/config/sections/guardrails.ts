import { z } from "zod";

/** What the gateway can look for; `default` stands for all but `email`. */
export const GUARDRAIL_PATTERNS = [
  "default",
  "private-key",
  "aws-access-key-id",
  "aws-secret-access-key",
  "github-token",
  "gitlab-token",
  "slack-token",
  "google-api-key",
  "stripe-key",
  "anthropic-key",
  "openai-key",
  "gateway-key",
  "npm-token",
  "azure-storage-key",
  "jwt",
  "secret-assignment",
  "credit-card",
  "iban",
  "us-ssn",
  "phone-number",
  "email",
] as const;

/** What is looked for in requests. */
export const Guardrails = z
  .strictObject({
    default: z
      .enum(["off", "mask", "block"])
      .default("off")
      .describe(
        "What is done when a request of a key that says nothing itself holds a secret or personal data.",
      ),
    patterns: z
      .array(z.enum(GUARDRAIL_PATTERNS))
      .min(1)
      .default(["default"])
      .describe("What is looked for; default stands for all but email."),
  })
  .prefault({})
  .describe("Screening of requests for secrets and personal data, see docs/security.md.");
