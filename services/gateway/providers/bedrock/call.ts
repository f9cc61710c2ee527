import type { SealedBody } from "../../enforcement/seal";
import { ANTHROPIC_VERSION } from "../anthropic";
import { type AwsKeys, type Deployment, isBilledWhole, type ProviderAccess } from "../deployment";
import { createRedact } from "../redact";
import { SseParser } from "../sse-parser";
import type { UpstreamCall } from "../upstream-call";
import { headerOf, NO_MESSAGE, type ReportedError } from "../upstream-error";
import { frameEvents, statusOfException } from "./event-stream";
import { signRequest } from "./sign-request";

type BedrockAccess = Extract<ProviderAccess, { provider: "bedrock" }>;

/** A message for Bedrock, signed. */
export function callBedrock(deployment: Deployment, access: BedrockAccess, body: SealedBody): UpstreamCall {
  const { path, headers, contentType, decoder } = API[access.api](deployment);
  const url = new URL(`${deployment.baseUrl}${path}`);
  const authorized = authorize(url, { ...headers, "content-type": "application/json" }, body, access);
  return {
    url,
    headers: authorized,
    body,
    answer: {
      contentType,
      decoder,
      isBilledWhole: isBilledWhole(deployment),
      readError: (status, answer, error) =>
        readBedrockError(status, headerOf(answer, "x-amzn-errortype"), error),
      redact: createRedact(access, body.rules, signatureOf(authorized)),
    },
  };
}

/** What differs between Bedrock's ways to a model. */
const API = {
  // The id goes into one segment of the path: `:` and the `/` of an ARN are encoded.
  invoke: ({ upstreamModel }: Deployment) => ({
    path: `/model/${encodeURIComponent(upstreamModel)}/invoke-with-response-stream`,
    headers: { accept: "application/vnd.amazon.eventstream" },
    contentType: "application/vnd.amazon.eventstream",
    decoder: frameEvents,
  }),
  messages: () => ({
    path: "/anthropic/v1/messages",
    headers: { accept: "text/event-stream", "anthropic-version": ANTHROPIC_VERSION },
    contentType: "text/event-stream",
    decoder: () => new SseParser(),
  }),
};

function authorize(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: SealedBody,
  { region, credentials }: BedrockAccess,
): Record<string, string> {
  if (isApiKey(credentials)) return { ...headers, authorization: `Bearer ${credentials.apiKey.expose()}` };
  return signRequest(
    { method: "POST", url, headers, body: body.bytes, region, service: "bedrock" },
    credentials,
    Date.now(),
  );
}

/** Of the `authorization` header. `undefined`: it holds an API key. */
function signatureOf({ authorization }: Readonly<Record<string, string>>): string | undefined {
  return /Signature=(\w+)/.exec(authorization ?? "")?.[1];
}

function isApiKey(
  credentials: BedrockAccess["credentials"],
): credentials is Exclude<BedrockAccess["credentials"], AwsKeys> {
  return "apiKey" in credentials;
}

/** `{"message":…}` with the name in a header or in `__type`; the Messages API uses Anthropic's own shape. */
function readBedrockError(
  status: number,
  type: string | undefined,
  body: Readonly<Record<string, unknown>>,
): ReportedError {
  const name = type ?? (typeof body["__type"] === "string" ? body["__type"] : undefined);
  const nested = (body["error"] as { message?: unknown } | undefined)?.message;
  const message = body["message"] ?? body["Message"] ?? nested;
  return {
    status: statusOfException(name, status === 424 ? 502 : status),
    message: typeof message === "string" ? message : NO_MESSAGE,
  };
}
