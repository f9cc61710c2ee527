import type { FastifyRequest } from "fastify";
import { invalidRequest } from "../errors";

/**
 * The JSON body of a GET request, which Fastify leaves unread; scripts send one to `/key/info`.
 * @returns `undefined` when there is none
 * @throws GatewayError when it is too large for its route, comes too slowly or is no JSON
 */
export async function readGetBody(request: FastifyRequest): Promise<unknown> {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  if ((length === undefined || length === "0") && encoding === undefined) return undefined;
  const bytes = await new Promise<Buffer | undefined>((resolve, reject) =>
    request.receiveBody(request.raw, (error, all) => (error === null ? resolve(all) : reject(error))),
  );
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw invalidRequest("the body must be JSON");
  }
}
