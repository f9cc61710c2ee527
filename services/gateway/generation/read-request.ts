import type { FastifyReply, FastifyRequest } from "fastify";
import type { EnforcementPolicy } from "../enforcement/policy";
import { type Caller, callerOf } from "../plugins/auth";
import type { DeploymentGroup } from "../routing/find-group";
import type { GenerationTools } from "./generation-tools";
import { policyOf } from "./policy-of-caller";
import { type Envelope, readEnvelope } from "./read-envelope";
import { selectGroup } from "./select-group";
import { ValueMemory } from "./value-memory";

/** A request that its caller may make: what it says, who answers it, and the rules that go with it. */
export interface ReadRequest extends Omit<Envelope, "values"> {
  readonly values: ValueMemory;
  readonly caller: Caller;
  readonly group: DeploymentGroup;
  readonly policy: EnforcementPolicy;
}

const NO_BYTES = Buffer.alloc(0);

/** The body as it came. */
export function bytesOf({ body }: FastifyRequest): Buffer {
  return (body as Buffer | undefined) ?? NO_BYTES;
}

/**
 * Reads a request, and tells the audit row and the client what it is about as soon as that is known. Its body is not
 * kept beside what was read of it.
 * @param mayStream whether the route has answers that can be streamed
 * @throws TranslationError, GatewayError for what cannot be read, for a caller who may not, and for a model without room
 */
export function readRequest(
  tools: Pick<GenerationTools, "catalog" | "levels" | "prompts">,
  request: FastifyRequest,
  reply: FastifyReply,
  mayStream: boolean,
): ReadRequest {
  const { audit } = request;
  const envelope = readEnvelope(bytesOf(request), request.headers);
  const values = new ValueMemory(request.bodyRoom, envelope.bodyBytes, envelope.values);
  const isStream = mayStream && envelope.isStream;
  request.body = undefined;
  audit?.recordRequest(envelope.model, isStream, envelope.endUser);
  audit?.recordBody(envelope.body);

  const caller = callerOf(request);
  const group = selectGroup(tools.catalog, caller, envelope.model);
  request.holdForModel(reply, envelope.model);
  const policy = policyOf(caller, tools);
  audit?.recordPolicy(policy.level, policy.blocks[0]?.sha256 ?? null);
  if (policy.promptId !== null) reply.header("x-enforced-prompt", policy.promptId);
  return { ...envelope, values, isStream, caller, group, policy };
}
