import { enforcementViolated } from "../errors/catalogue";
import { isList, isObject } from "../json/client-value";
import type { JsonObject, JsonValue } from "../json/json-value";
import { writeJsonBytes } from "../json/write-json";
import type { MessagesRequest } from "../wire/internal/request";
import { NOT_FOR_INVOKE } from "../wire/messages/request-fields";
import { enforce } from "./enforce";
import { findViolation } from "./inspect-bytes";
import type { EnforcedPrompt, EnforcementPolicy } from "./policy";

/** Room for the enforced prompt and for what translation adds. */
const ADDED_BYTES = 16 * 1024;

/** The bytes of a request that may be sent. Only `seal` makes one, and clients of providers take nothing else. */
export class SealedBody {
  /** Makes the type one of its own: no object of the same shape will do. */
  readonly #isSealed = true;

  private constructor(
    readonly bytes: Buffer,
    /** Version of the enforced prompt inside, such as `standard@0123456789ab`. `null`: the key has none. */
    readonly promptId: string | null,
    /** The enforced prompt itself. */
    readonly rules: readonly EnforcedPrompt[],
  ) {}

  get byteLength(): number {
    return this.bytes.length;
  }

  /** The body with one character for each byte; for large ones slow, so send `bytes`. */
  get text(): string {
    return this.bytes.toString("latin1");
  }

  /** Whether a value was made by `seal`, also where types were cast away. */
  static isSealed(value: unknown): value is SealedBody {
    return typeof value === "object" && value !== null && #isSealed in value;
  }

  /** @internal use `seal` */
  static make(request: MessagesRequest, policy: EnforcementPolicy, shape: BodyShape): SealedBody {
    const expectedBytes = (shape.expectedBytes ?? 0) + ADDED_BYTES;
    const bytes = writeJsonBytes(shapeBody(enforce(request, policy), shape), expectedBytes);
    const violation = findViolation(bytes, policy);
    if (violation !== undefined) throw enforcementViolated(violation);
    return new SealedBody(bytes, policy.promptId, policy.blocks);
  }
}

/**
 * The only way from a request to upstream bytes, for every API, attempt and provider: the key's enforced prompt is put in, the
 * body is written, and the bytes are looked at once more.
 * @throws GatewayError 400 for what the key may not send; 500 `enforcement_violated` if the bytes are not as they must be
 */
export function seal(request: MessagesRequest, policy: EnforcementPolicy, shape: BodyShape): SealedBody {
  return SealedBody.make(request, policy, shape);
}

/** How an upstream API wants the same request written. */
export interface BodyShape {
  /** `anthropic`, `bedrock-messages`: Messages API. `bedrock-invoke`: InvokeModel. `count-tokens`: no answer is made. */
  readonly api: "anthropic" | "bedrock-messages" | "bedrock-invoke" | "count-tokens";
  /** Beta features for InvokeModel, which reads them from the body; other APIs read a header. @default - none */
  readonly betas?: readonly string[];
  /** About how many bytes the body will have, such as those of the client's. @default - few */
  readonly expectedBytes?: number;
}

/** The only version that all models on Bedrock accept. */
const BEDROCK_VERSION = "bedrock-2023-05-31";

/** What counting reads; the rest says how to answer. */
const FOR_COUNTING: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "output_format",
  "cache_control",
  "context_management",
  "mcp_servers",
]);

/**
 * The request in the words of an upstream API. `system` comes first, so that what is written can be checked: a member
 * keeps the place where it was named first.
 */
export function shapeBody(request: MessagesRequest, { api, betas = [] }: BodyShape): JsonObject {
  const { system } = request;
  switch (api) {
    case "anthropic":
    case "bedrock-messages":
      // Always streamed, also for an answer in one piece: a long one would run into the time limits of every hop.
      return { system, ...request, stream: true };
    case "bedrock-invoke":
      return {
        system,
        anthropic_version: BEDROCK_VERSION,
        anthropic_beta: betas.length > 0 ? betas : undefined,
        ...pick(request, (field) => field !== "model" && !NOT_FOR_INVOKE.has(field)),
        tools: toolsForInvoke(request["tools"]),
        tool_choice: without(request["tool_choice"], "disable_parallel_tool_use"),
        thinking: thinkingForInvoke(request["thinking"]),
      };
    case "count-tokens":
      return { system, ...pick(request, (field) => FOR_COUNTING.has(field)) };
  }
}

function pick(object: JsonObject, isWanted: (field: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([field]) => isWanted(field)));
}

/** @returns the value itself when it has no such member */
function without(value: JsonValue | undefined, field: string): JsonValue | undefined {
  return isObject(value) && value[field] !== undefined ? { ...value, [field]: undefined } : value;
}

function toolsForInvoke(tools: JsonValue | undefined): JsonValue | undefined {
  return isList(tools) ? tools.map((tool) => without(tool, "eager_input_streaming") as JsonValue) : tools;
}

/** InvokeModel has its own name for what happens to thinking that belongs to another conversation. */
function thinkingForInvoke(thinking: JsonValue | undefined): JsonValue | undefined {
  const binding = isObject(thinking) ? thinking["block_binding"] : undefined;
  if (!isObject(thinking) || !isObject(binding)) return thinking;
  const { prefix_mismatch_behavior: behavior, ...others } = binding;
  if (behavior === undefined) return thinking;
  return { ...thinking, block_binding: { ...others, mismatch_behavior: behavior } };
}
