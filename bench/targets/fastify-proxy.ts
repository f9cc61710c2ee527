/**
 * B: a bare Fastify and undici proxy, the yardstick. It does nothing but pass on: no key, no limit, no record.
 * Its own process: PORT and UPSTREAM.
 */
import Fastify from "fastify";
import { Pool } from "undici";
import { UPSTREAM_CONNECTIONS } from "./upstream-connections";

const MEBIBYTE = 1024 * 1024;

const pool = new Pool(process.env["UPSTREAM"] ?? "", {
  connections: UPSTREAM_CONNECTIONS,
  pipelining: 1,
  bodyTimeout: 0,
});
const app = Fastify({ logger: false, bodyLimit: 32 * MEBIBYTE });
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

app.post("/*", async (request, reply) => {
  const abort = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) abort.abort();
  });
  const { authorization, "content-type": contentType } = request.headers;
  const answer = await pool.request({
    method: "POST",
    path: request.raw.url ?? "/",
    headers: {
      ...(contentType === undefined ? {} : { "content-type": contentType }),
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: request.body as Buffer,
    signal: abort.signal,
  });
  reply.code(answer.statusCode);
  for (const name of ["content-type", "content-length"]) {
    const value = answer.headers[name];
    if (value !== undefined) reply.header(name, value);
  }
  return reply.send(answer.body);
});

void app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"]) });
