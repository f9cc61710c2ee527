import type { FastifyReply } from "fastify";

/** Sets a header, or takes back what an earlier attempt or error had said in it. */
export function setOptionalHeader(
  reply: Pick<FastifyReply, "header" | "removeHeader">,
  name: string,
  value: string | undefined,
): void {
  if (value === undefined) reply.removeHeader(name);
  else reply.header(name, value);
}
