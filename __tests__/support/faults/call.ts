import http from "node:http";

/** Settings of `call`. */
export interface Call {
  /** @default "GET", or "POST" with a body */
  readonly method?: string;
  readonly key?: string;
  readonly body?: object | string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Loopback address to come from. @default the system's choice, 127.0.0.1 */
  readonly from?: string;
  /** For the whole answer, in milliseconds. @default 10000 */
  readonly timeoutMs?: number;
  /** Ends the call before its answer has. @default - never */
  readonly signal?: AbortSignal;
}

/** What came of a `call`. */
export interface Answer {
  /** 0: none came, and `body` says why. */
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** As far as it came. */
  readonly body: string;
  /** From the call to the end of the answer, in milliseconds. */
  readonly ms: number;
}

/** One request on a connection of its own. Never rejects: in a fault, no answer is an outcome like others. */
export function call(url: string, { body, key, ...settings }: Call = {}): Promise<Answer> {
  const { from, headers, signal, timeoutMs = 10_000 } = settings;
  const { method = body === undefined ? "GET" : "POST" } = settings;
  const bytes =
    body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const begun = performance.now();
  return new Promise((resolve) => {
    const end = (status: number, answer: http.IncomingHttpHeaders, text: string) => {
      clearTimeout(timer);
      resolve({ status, headers: answer, body: text, ms: performance.now() - begun });
    };
    const request = http.request(url, {
      method,
      agent: false,
      ...(signal === undefined ? {} : { signal }),
      ...(from === undefined ? {} : { localAddress: from }),
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(bytes === undefined
          ? {}
          : { "content-type": "application/json", "content-length": String(Buffer.byteLength(bytes)) }),
        ...headers,
      },
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    request.on("error", (error) => end(0, {}, String(error)));
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      const text = () => Buffer.concat(chunks).toString();
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", (error) => end(0, response.headers, `${text()}\n${String(error)}`));
      response.on("end", () => end(response.statusCode as number, response.headers, text()));
    });
    request.end(bytes);
  });
}
