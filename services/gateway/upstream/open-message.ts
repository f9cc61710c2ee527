import type { Deployment } from "../routing/deployment";
import type { AnthropicRequest } from "../translate/openai-to-anthropic/anthropic-types";
import type { MessageEvent } from "../translate/openai-to-anthropic/message-events";
import { openAnthropicMessage } from "./anthropic";
import { openBedrockMessage } from "./bedrock/open-bedrock-message";
import type { UpstreamClient } from "./client";

/**
 * Sends a message to whoever serves the deployment and waits for the head of the answer.
 * @returns events in the groups in which they arrived; ends with the message, throws GatewayError
 * @throws GatewayError for an error status, in the terms of the client
 */
export function openMessage(
  client: UpstreamClient,
  deployment: Deployment,
  request: AnthropicRequest,
  signal: AbortSignal,
): Promise<AsyncGenerator<readonly MessageEvent[]>> {
  const { access } = deployment;
  return access.provider === "anthropic"
    ? openAnthropicMessage(client, deployment, access.apiKey, request, signal)
    : openBedrockMessage(client, deployment, access, request, signal);
}
