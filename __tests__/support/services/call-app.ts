import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";

/** A request for `callApp`. */
export interface AppRequest {
  /** @default GET */
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string as it is, with the content type of JSON unless a header says otherwise. */
  readonly payload?: object | string;
}

/** What came back. */
export interface AppResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on the shape, that is their point
  json(): any;
}

/**
 * Sends a request over a real socket. Fastify's own `inject` would do, but jest cannot load the ES module
 * that it depends on.
 */
export async function callApp(
  app: FastifyInstance,
  { method = "GET", url, headers, payload }: AppRequest,
): Promise<AppResponse> {
  if (!app.server.listening) await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}${url}`, {
    method,
    headers: { ...(payload === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(payload === undefined
      ? {}
      : { body: typeof payload === "string" ? payload : JSON.stringify(payload) }),
  });
  const body = await response.text();
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body,
    json: () => JSON.parse(body),
  };
}
