import type { FastifyRequest } from "fastify";
import { invalidRequest, tooManyValues } from "../errors";
import { JsonLimitError, JsonSyntaxError } from "../json/json-syntax-error";
import type { JsonObject, JsonValue } from "../json/json-value";
import { parseJson } from "../json/parse-json";
import { ValueAllowance } from "../json/value-allowance";
import { isObject } from "../translate/to-messages/read-value";
import { TranslationError } from "../translate/translation-error";

/** What every wire API says in the same words. */
export interface Envelope {
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
