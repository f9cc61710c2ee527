import type { FastifyRequest } from "fastify";
import type { AuditedRequest } from "../audit/plugin";
import { invalidRequest, overloaded, tooManyValues } from "../errors/catalogue";
import type { BodyRoom } from "../http/capacity";
import { isObject, TranslationError } from "../json/client-value";
import {
  JsonLimitError,
  type JsonObject,
  JsonSyntaxError,
  type JsonValue,
  MAX_VALUES,
  ValueAllowance,
} from "../json/json-value";
import { parseJson } from "../json/parse-json";

/** What a request says. */
export interface ReadRequest extends Omit<Envelope, "values"> {
  readonly values: ValueMemory;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * Reads a request, a large one when it is its turn, and records in the audit row what it is about. Its body is not kept beside
 * what was read of it.
 * @param mayStream whether the route has answers that can be streamed
 * @throws TranslationError, GatewayError for what cannot be read
 */
export async function readRequest(
  request: AuditedRequest,
  largeBodies: LargeBodies,
  mayStream: boolean,
): Promise<ReadRequest> {
  const bytes = (request.body as Buffer | undefined) ?? NO_BYTES;
  await largeBodies.turn(bytes.length);
  const envelope = readEnvelope(bytes, request.headers);
  const values = new ValueMemory(request.bodyRoom, envelope.bodyBytes, envelope.values);
  const isStream = mayStream && envelope.isStream;
  request.body = undefined;
  request.audit.recordRequest(envelope.model, isStream, envelope.endUser);
  request.audit.recordBody(envelope.body);
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

/**
 * Memory that a value takes, in bytes. An object with one member of a unique name takes about 220 when it is read, which is two
 * values of 110, and about as much again when it is translated.
 */
const VALUE_BYTES = 256;

/**
 * The memory for the values of one request. The bytes of its body are booked already, which is enough for as many values as
 * agents send; a body that is little else than values books the rest here, before further bodies are read.
 */
export class ValueMemory {
  #values: number;
  #bookedBytes = 0;

  /**
   * @param room of the body; gives everything back when nothing of it is needed any more
   * @param values of the body
   * @throws GatewayError 413 when a request alone can never have so much, 503 when there is too little at the moment
   */
  constructor(
    readonly room: Pick<BodyRoom, "take" | "most"> | undefined,
    readonly bodyBytes: number,
    values: number,
  ) {
    this.#values = values;
    this.#book(values);
  }

  /** For texts of the body that are JSON, each time that it is translated. */
  openAllowance(): ValueAllowance {
    return new ValueAllowance(MAX_VALUES - this.#values);
  }

  /** Books what was read of an allowance. @throws GatewayError 413, 503 */
  bookTexts({ used }: ValueAllowance): void {
    if (used > 0) this.#book(this.#values + used);
  }

  #book(values: number): void {
    if (this.room === undefined) return;
    const needed = values * VALUE_BYTES - this.bodyBytes;
    const more = needed - this.#bookedBytes;
    if (more <= 0) return;
    if (this.bodyBytes + needed > this.room.most)
      throw tooManyValues(Math.floor(this.room.most / VALUE_BYTES));
    if (!this.room.take(more)) throw overloaded("JSON values in memory");
    this.#bookedBytes = needed;
  }
}

/** From this size on, in bytes, reading, translating and writing a body can noticeably delay other requests. */
const LARGE_BYTES = 128 * 1024;

/**
 * Admits large bodies one at a time, in their order, with a turn of the event loop between two. Each is processed synchronously:
 * several that arrive together would otherwise block all other requests until the last is done.
 */
export class LargeBodies {
  #last: Promise<void> | undefined;

  /** Resolves when a body may be read: at once for a small one, or when no other large one was in this turn of the loop. */
  turn(bytes: number): Promise<void> | undefined {
    if (bytes < LARGE_BYTES) return undefined;
    const before = this.#last;
    const next = new Promise<void>((resolve) => {
      // From when this one has its turn.
      const pass = () => setImmediate(resolve);
      if (before === undefined) pass();
      else void before.then(pass);
    });
    this.#last = next;
    void next.then(() => {
      if (this.#last === next) this.#last = undefined;
    });
    return before;
  }
}
