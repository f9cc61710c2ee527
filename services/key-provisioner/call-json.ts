/** One call. */
export interface JsonCall {
  /** @default "GET" */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. @default - no body */
  readonly body?: unknown;
  /** Longest time until the last byte of the answer, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
}

/** An answer, read to its end. */
export interface JsonAnswer {
  readonly status: number;
  /** `undefined` when it is no JSON. */
  readonly body: unknown;
}

/** No answer came, or one that is longer than anything that is asked for. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
}

const TIMEOUT_MS = 5000;
const MAX_BYTES = 8 * 1024 * 1024;

/** Calls a service that speaks JSON. A redirect is refused: it would carry the credential elsewhere. @throws NoAnswerError */
export async function callJson(url: string, call: JsonCall = {}): Promise<JsonAnswer> {
  const { method = "GET", headers = {}, body, timeoutMs = TIMEOUT_MS } = call;
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
    });
    return { status: response.status, body: parse(await readText(response)) };
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: { code?: string } };
    // Not the URL: it may hold what somebody typed.
    throw new NoAnswerError(
      name === "TimeoutError" ? `no answer within ${timeoutMs} ms` : (cause?.code ?? message),
    );
  }
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > MAX_BYTES) throw new Error(`the answer is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
