import http from "node:http";

/** A request exactly as it is given: neither its path nor its headers are put in order. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** A list sends the header several times. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer | string;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** @param origin such as `http://127.0.0.1:4000` */
export function sendRaw(
  origin: string,
  { method, path, headers: given, body = "" }: RawRequest,
): Promise<RawResponse> {
  // Node leaves it out for some methods, and what follows would be taken for another request.
  const headers = { "content-length": String(Buffer.byteLength(body)), ...given };
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, method, path, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode as number,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Closes the connections that were kept. */
export function closeRaw(): void {
  agent.destroy();
}
