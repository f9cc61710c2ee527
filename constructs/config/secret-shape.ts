/**
 * Shapes of well-known credentials. They are deliberately narrow: model ids, image digests and
 * host names must never match.
 */
const SHAPES: readonly RegExp[] = [
  /\bsk-[A-Za-z0-9_-]{16,}/, // OpenAI, Anthropic, LiteLLM
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/, // AWS access key id
  /\bgh[pousr]_[A-Za-z0-9]{30,}/, // GitHub
  /\bglpat-[A-Za-z0-9_-]{20,}/, // GitLab
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/, // Slack
  /\b(pk|sk)-lf-[A-Za-z0-9-]{10,}/, // Langfuse
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}/, // JSON Web Token
  /:\/\/[^/\s:@]+:[^/\s@]+@/, // user:password@host in a URL
  /^[A-Za-z0-9/+]{40}$/, // AWS secret access key
];

/** True when a configuration value has the shape of a credential. */
export function looksLikeSecret(value: string): boolean {
  return SHAPES.some((shape) => shape.test(value));
}
