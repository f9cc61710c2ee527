import type { FastifyReply, FastifyRequest } from "fastify";
import { invalidRequest } from "../errors";

/** A body that only names something is small, in bytes. */
const MAX_BYTES = 8 * 1024;

/**
 * The JSON body of a GET request, which Fastify leaves unread; scripts send one to `/key/info`.
 * @returns `undefined` when there is none
 * @throws GatewayError 400 when it is too large or no JSON
 */
export async function readGetBody(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  if ((length === undefined || length === "0") && encoding === undefined) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Giving up early must not destroy the connection that the answer goes out on.
  const body: AsyncIterable<Buffer> = request.raw.iterator({ destroyOnReturn: false });
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      // What is still on its way is let past, and nothing follows it on this connection.
      reply.header("connection", "close");
      request.raw.resume();
      throw invalidRequest(`the body must be at most ${MAX_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw invalidRequest("the body must be JSON");
  }
}
