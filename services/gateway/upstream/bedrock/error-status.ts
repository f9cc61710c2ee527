/**
 * Bedrock's exceptions as the statuses that Anthropic's API would use for the same trouble. Not AWS's own
 * statuses: quotas are 400 there, refused credentials 403, and 424 means nothing to clients.
 * Source: error lists of InvokeModel and InvokeModelWithResponseStream; common errors of AWS APIs.
 */
const STATUS: ReadonlyMap<string, number> = new Map([
  ["AccessDeniedException", 403],
  ["ConflictException", 400],
  ["ExpiredTokenException", 401],
  ["IncompleteSignature", 401],
  ["IncompleteSignatureException", 401],
  ["InternalServerException", 500],
  ["InvalidSignatureException", 401],
  ["MissingAuthenticationTokenException", 401],
  ["ModelErrorException", 500],
  ["ModelNotReadyException", 429],
  ["ModelStreamErrorException", 500],
  ["ModelTimeoutException", 504],
  ["ResourceNotFoundException", 404],
  ["ServiceQuotaExceededException", 429],
  ["ServiceUnavailableException", 503],
  ["ThrottlingException", 429],
  ["UnrecognizedClientException", 401],
  ["ValidationException", 400],
]);

/**
 * @param name as in `x-amzn-errortype`, `__type` or `:exception-type`: with a namespace before `#` and more after
 * `:`, and inside streams beginning with a small letter
 * @param fallback when the name is not known
 */
export function statusOfException(name: string | undefined, fallback: number): number {
  const plain = name?.replace(/:.*$/, "").replace(/^.*#/, "").trim() ?? "";
  return STATUS.get(plain.charAt(0).toUpperCase() + plain.slice(1)) ?? fallback;
}
