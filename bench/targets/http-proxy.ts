/** H: the same as `fastify-proxy.ts` without Fastify. Its own process: PORT and UPSTREAM. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Pool } from "undici";
import { UPSTREAM_CONNECTIONS } from "./upstream-connections";

const pool = new Pool(process.env["UPSTREAM"] ?? "", {
  connections: UPSTREAM_CONNECTIONS,
  pipelining: 1,
  bodyTimeout: 0,
});

createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    passOn(request, response, Buffer.concat(parts)).catch(() => response.destroy());
  });
}).listen(Number(process.env["PORT"]), "127.0.0.1");

async function passOn(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  const abort = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) abort.abort();
  });
  const { authorization, "content-type": contentType } = request.headers;
  const answer = await pool.request({
    method: "POST",
    path: request.url ?? "/",
    headers: {
      ...(contentType === undefined ? {} : { "content-type": contentType }),
      ...(authorization === undefined ? {} : { authorization }),
    },
    body,
    signal: abort.signal,
  });
  const headers: Record<string, string | string[]> = {};
  for (const name of ["content-type", "content-length"]) {
    const value = answer.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  response.writeHead(answer.statusCode, headers);
  answer.body.on("error", () => response.destroy());
  answer.body.pipe(response);
}
