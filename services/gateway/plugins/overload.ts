import { Transform } from "node:stream";
import type { FastifyReply } from "fastify";
import fp from "fastify-plugin";
import type { Capacity } from "../capacity";
import { type GatewayError, overloaded } from "../errors";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Requests to this route hold one of the places for running answers. @default false */
    isGeneration?: boolean;
  }
}

/**
 * Refuses what would not fit into memory: 503 with `Retry-After`, before the body is read and before a row is
 * opened, because being refused must cost next to nothing. What a request took it gives back when its
 * connection is done with the answer, however that ends.
 */
export const overload = fp<{ capacity: Capacity; maxBodyBytes: number }>(
  async (app, { capacity, maxBodyBytes }) => {
    app.addHook("onRequest", (request, reply, done) => {
      if (request.routeOptions.config.isGeneration === true) {
        if (!capacity.takeAnswer()) throw refuse(reply, "answers running");
        reply.raw.once("close", () => capacity.giveBackAnswer());
      }
      const bytes = Number(request.headers["content-length"] ?? 0);
      // A body over the limit of one request is refused by its length, without being read.
      if (bytes > 0 && bytes <= maxBodyBytes) {
        if (!capacity.takeBytes(bytes)) throw refuse(reply, "request bodies in memory");
        reply.raw.once("close", () => capacity.giveBackBytes(bytes));
      }
      done();
    });

    app.addHook("preParsing", (request, reply, payload, done) => {
      const hasLength = request.headers["transfer-encoding"] === undefined;
      done(null, hasLength ? payload : payload.pipe(countBytes(capacity, reply)));
    });
  },
  { name: "overload", dependencies: ["auth"] },
);

/** A body without a length takes room as it comes. */
function countBytes(capacity: Capacity, reply: FastifyReply): Transform {
  let taken = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (!capacity.takeBytes(chunk.length)) return done(refuse(reply, "request bodies in memory"));
      taken += chunk.length;
      done(null, chunk);
    },
  });
  reply.raw.once("close", () => {
    // A client that left ends its request, not the pipe.
    counter.destroy();
    capacity.giveBackBytes(taken);
  });
  return counter;
}

function refuse(reply: FastifyReply, what: string): GatewayError {
  // The rest of the body is not read, and another connection may lead to a gateway with room.
  reply.header("connection", "close");
  return overloaded(what);
}
