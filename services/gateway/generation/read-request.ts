import type { FastifyRequest } from "fastify";
import type { AuditedExchange } from "../audit/plugin";
import { invalidRequest, tooManyValues } from "../errors/catalogue";
import { isObject, TranslationError } from "../json/client-value";
import {
  JsonLimitError,
  type JsonObject,
  JsonSyntaxError,
  type JsonValue,
  ValueAllowance,
} from "../json/json-value";
import { parseJson } from "../json/parse-json";
import { ValueMemory } from "./body-memory";

/** What a request says. */
export interface ReadRequest extends Omit<Envelope, "values"> {
  readonly values: ValueMemory;
}

const NO_BYTES = Buffer.alloc(0);

/** The body as it came. */
export function bytesOf({ body }: FastifyRequest): Buffer {
  return (body as Buffer | undefined) ?? NO_BYTES;
}

/**
 * Reads a request, and records in the audit row what it is about. Its body is not kept beside what was read of it.
 * @param mayStream whether the route has answers that can be streamed
 * @throws TranslationError, GatewayError for what cannot be read
 */
export function readRequest(
  { request, audit }: Pick<AuditedExchange, "request" | "audit">,
  mayStream: boolean,
): ReadRequest {
  const envelope = readEnvelope(bytesOf(request), request.headers);
  const values = new ValueMemory(request.bodyRoom, envelope.bodyBytes, envelope.values);
  const isStream = mayStream && envelope.isStream;
  request.body = undefined;
  audit.recordRequest(envelope.model, isStream, envelope.endUser);
  audit.recordBody(envelope.body);
  return { ...envelope, values, isStream };
}

/** What every wire API says in the same words. */
interface Envelope {
  readonly body: JsonObject;
  /** Bytes of the body. */
  readonly bodyBytes: number;
  /** Values of the body. */
  readonly values: number;
  readonly model: string;
  readonly isStream: boolean;
  /** The caller's customer; a header goes before the body. */
  readonly endUser: string | undefined;
}

const MAX_MODEL_LENGTH = 500;

/** Headers that name the caller's customer, as LiteLLM has them. */
const END_USER_HEADERS = ["x-litellm-end-user-id", "x-litellm-customer-id"];

/** Reads a body, once. @throws TranslationError, GatewayError 400 for what is no JSON object, 413 for too many values */
export function readEnvelope(bytes: Buffer, headers: FastifyRequest["headers"]): Envelope {
  const allowance = new ValueAllowance();
  const body = readBody(bytes, allowance);
  const { model, stream } = body;
  if (typeof model !== "string" || model === "" || model.length > MAX_MODEL_LENGTH) {
    const allowed = `the name of a model, up to ${MAX_MODEL_LENGTH} characters`;
    throw new TranslationError(
      "model",
      model === undefined ? `model is missing; it must be ${allowed}` : `model must be ${allowed}`,
    );
  }
  if (stream !== undefined && stream !== null && typeof stream !== "boolean")
    throw new TranslationError("stream", "stream must be true or false");
  return {
    body,
    bodyBytes: bytes.length,
    values: allowance.used,
    model,
    isStream: stream === true,
    endUser: readEndUser(body, headers),
  };
}

function readBody(bytes: Buffer, allowance: ValueAllowance): JsonObject {
  let value: JsonValue;
  try {
    value = parseJson(bytes, allowance);
  } catch (error) {
    if (allowance.isExceeded) throw tooManyValues(allowance.most);
    if (error instanceof JsonLimitError) throw invalidRequest(`The body is not accepted: ${error.message}.`);
    if (error instanceof JsonSyntaxError)
      throw invalidRequest(`The body is not valid JSON: ${error.message}.`);
    throw error;
  }
  if (!isObject(value)) throw invalidRequest("The body must be a JSON object.");
  return value;
}

function readEndUser(body: JsonObject, headers: FastifyRequest["headers"]): string | undefined {
  for (const name of END_USER_HEADERS) {
    const value = headers[name];
    if (typeof value === "string" && value !== "") return value;
  }
  for (const field of ["user", "safety_identifier"]) {
    const value = body[field];
    if (typeof value === "string" && value !== "") return value;
    if (value !== undefined && value !== null && typeof value !== "string")
      throw new TranslationError(field, `${field} must be text`);
  }
  return undefined;
}
