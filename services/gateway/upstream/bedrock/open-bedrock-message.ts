import type { AwsKeys, Deployment, ProviderAccess } from "../../routing/deployment";
import type { AnthropicRequest } from "../../translate/openai-to-anthropic/anthropic-types";
import type { MessageEvent } from "../../translate/openai-to-anthropic/message-events";
import { ANTHROPIC_VERSION, sseEvents } from "../anthropic";
import type { UpstreamClient } from "../client";
import { headerOf, type ReportedError, readError } from "../read-error";
import { destroyBody, invalidAnswer, readEvents } from "../read-events";
import { statusOfException } from "./error-status";
import { frameEvents } from "./frame-events";
import { toInvokeBody } from "./invoke-body";
import { signRequest } from "./sign-request";

type BedrockAccess = Extract<ProviderAccess, { provider: "bedrock" }>;

/** Bedrock sends no pings, so silence between two events says less than with Anthropic. */
const IDLE_FACTOR = 3;

/** Sends a message to Bedrock. @throws GatewayError for an error status, in the terms of the client */
export async function openBedrockMessage(
  client: UpstreamClient,
  deployment: Deployment,
  access: BedrockAccess,
  request: AnthropicRequest,
  signal: AbortSignal,
): Promise<AsyncGenerator<readonly MessageEvent[]>> {
  const { path, headers, body, contentType, decoder } = API[access.api](deployment, request);
  const url = new URL(`${deployment.baseUrl}${path}`);
  const response = await client.post({
    url,
    headers: authorize(url, { ...headers, "content-type": "application/json" }, body, access),
    body,
    signal,
    idleMs: client.timeouts.idleMs * IDLE_FACTOR,
  });
  if (response.statusCode !== 200) {
    const type = headerOf(response, "x-amzn-errortype");
    throw await readError(response, (error) => readBedrockError(response.statusCode, type, error));
  }
  if (headerOf(response, "content-type")?.startsWith(contentType) !== true) {
    destroyBody(response.body);
    throw invalidAnswer();
  }
  return readEvents(response.body, decoder(), signal);
}

/** What differs between Bedrock's ways to a model. */
const API = {
  // The id goes into one segment of the path: `:` and the `/` of an ARN are encoded.
  invoke: ({ upstreamModel }: Deployment, request: AnthropicRequest) => ({
    path: `/model/${encodeURIComponent(upstreamModel)}/invoke-with-response-stream`,
    headers: { accept: "application/vnd.amazon.eventstream" },
    body: toInvokeBody(request),
    contentType: "application/vnd.amazon.eventstream",
    decoder: frameEvents,
  }),
  messages: (_deployment: Deployment, request: AnthropicRequest) => ({
    path: "/anthropic/v1/messages",
    headers: { accept: "text/event-stream", "anthropic-version": ANTHROPIC_VERSION },
    body: JSON.stringify(request),
    contentType: "text/event-stream",
    decoder: sseEvents,
  }),
};

function authorize(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  { region, credentials }: BedrockAccess,
): Record<string, string> {
  if (isApiKey(credentials)) return { ...headers, authorization: `Bearer ${credentials.apiKey.expose()}` };
  return signRequest(
    { method: "POST", url, headers, body, region, service: "bedrock" },
    credentials,
    Date.now(),
  );
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
  body: Record<string, unknown>,
): ReportedError {
  const name = type ?? (typeof body["__type"] === "string" ? body["__type"] : undefined);
  const nested = (body["error"] as { message?: unknown } | undefined)?.message;
  const message = body["message"] ?? body["Message"] ?? nested;
  return {
    status: statusOfException(name, status === 424 ? 502 : status),
    message: typeof message === "string" ? message : undefined,
  };
}
