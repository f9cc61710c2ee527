import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import fp from "fastify-plugin";
import {
  closing,
  invalidRequest,
  modelOverloaded,
  overloaded,
  unknownTransferCoding,
} from "../errors/catalogue";
import type { GatewayError } from "../errors/gateway-error";
import type { Caller } from "../identity/caller";
import type { BodyRoom, Capacity } from "./capacity";
import { Exchange } from "./exchange";
import type { BodyDone, IncomingBodies } from "./incoming-bodies";

declare module "fastify" {
  interface FastifyRequest {
    /** What its body holds of the memory for bodies; given back when the request is over. Set with the caller. */
    bodyRoom: BodyRoom | undefined;
    /**
     * Tells for which model the request holds its place, once, as soon as the body says so.
     * @throws GatewayError 503 when the model has its share of the places
     */
    holdForModel(reply: FastifyReply, model: string): void;
    /** Gives its place among the running answers back before it is over. Set with the place; later calls do nothing. */
    leaveAnswerPlace: (() => void) | undefined;
    /** Reads the body, within all limits. The only way in which one is read. */
    receiveBody(payload: Readable, done: BodyDone): void;
  }
}

/** What the plugin needs. */
interface OverloadOptions {
  readonly capacity: Capacity;
  readonly bodies: IncomingBodies;
  /** Of the largest body that any route takes, in bytes. */
  readonly maxBodyBytes: number;
  /** Whether more than one model can be asked for. */
  readonly hasManyModels: () => boolean;
}

/**
 * Refuses what would not fit into memory: 503 with `Retry-After`, before the body is read and before a row is
 * opened, because being refused must cost next to nothing. Bodies are read only of callers that are known, and booked as they
 * come. What a request took it gives back when it is over, however it ends.
 */
export const overload = fp<OverloadOptions>(
  async (app, { capacity, bodies, maxBodyBytes, hasManyModels }) => {
    app.decorateRequest("bodyRoom", undefined);
    app.decorateRequest("leaveAnswerPlace", undefined);
    app.decorateRequest("receiveBody", function receiveBody(payload, done) {
      const room = this.bodyRoom;
      if (room === undefined) return done(invalidRequest("This route does not accept a body."));
      bodies.receive(
        { payload, room, limit: this.routeOptions.bodyLimit, length: lengthOf(this.headers) },
        done,
      );
    });
    app.decorateRequest("holdForModel", function holdForModel(reply, model) {
      const exchange = Exchange.of(reply.raw);
      // With one model there is nobody to leave places to.
      if (!hasManyModels() || exchange.isOver) return;
      const giveBack = capacity.takeModelPlace(model);
      if (giveBack === undefined) {
        // At once: until its row is written others would have one place less.
        this.leaveAnswerPlace?.();
        throw refuse(reply, modelOverloaded(model));
      }
      exchange.onOver(giveBack);
    });
    app.addHook("onReady", async () => bodies.start());
    app.addHook("onClose", async () => bodies.stop());

    // Routes that want something else than an object of JSON say so.
    const toObject = app.getDefaultJsonParser("error", "error");
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("application/json", (request, payload, done) =>
      request.receiveBody(payload, (error, bytes) =>
        error === null ? toObject(request, bytes?.toString("utf8") ?? "", done) : done(error),
      ),
    );

    app.addHook("onRequest", (request, reply, done) => {
      const { caller, headers } = request;
      if (headers["transfer-encoding"] !== undefined) requirePlainTransfer(headers["transfer-encoding"]);
      if (caller === undefined) {
        done();
        return;
      }
      const { config, bodyLimit } = request.routeOptions;
      const isForModels = config.modelAccess !== undefined || caller.kind === "key";
      const holder = { caller: nameOf(caller), address: request.ip };
      if (config.modelAccess !== undefined && !capacity.hasAnswer(holder.caller))
        throw refuse(reply, overloaded("requests in flight"));
      const room = capacity.openRoom(holder, isForModels ? "models" : "management");
      const length = lengthOf(headers);
      // A body over the limit of one request is refused by its length, without being read.
      if (length !== undefined && length <= bodyLimit && !room.hasRoom(length))
        throw refuse(reply, overloaded("request bodies in memory"));
      request.bodyRoom = room;
      Exchange.of(reply.raw).onOver(() => room.release());
      done();
    });

    app.addHook("preParsing", (request, reply, payload, done) => {
      // Whoever asks first is told to go on only now that somebody wants the body.
      if (request.bodyRoom !== undefined && isAsking(request.headers)) reply.raw.writeContinue();
      done(null, payload);
    });

    // A place only now: a request whose body has not come makes no answer, and must not keep others from theirs.
    app.addHook("preHandler", (request, reply, done) => {
      const { caller, routeOptions } = request;
      const exchange = Exchange.of(reply.raw);
      if (caller !== undefined && routeOptions.config.modelAccess !== undefined && !exchange.isOver) {
        const name = nameOf(caller);
        if (!capacity.takeAnswer(name)) throw refuse(reply, overloaded("requests in flight"));
        let isHeld = true;
        request.leaveAnswerPlace = () => {
          if (isHeld) capacity.giveBackAnswer(name);
          isHeld = false;
        };
        exchange.onOver(request.leaveAnswerPlace);
      }
      done();
    });

    // What nobody read of a body is let past while its end is near; otherwise the connection ends with the answer.
    app.addHook("onSend", ({ raw, headers }, reply, payload, done) => {
      const isNear = !isAsking(headers) && (lengthOf(headers) ?? Number.POSITIVE_INFINITY) <= maxBodyBytes;
      if (!raw.complete && !isNear) reply.header("connection", "close");
      done(null, payload);
    });
  },
  { name: "overload", dependencies: ["auth"] },
);

/** Who a caller is, among those who share the room. */
function nameOf(caller: Caller): string {
  switch (caller.kind) {
    case "master":
      return "master";
    case "token":
      return `token:${caller.token.tokenId}`;
    case "key":
      return `key:${caller.key.keyId}`;
  }
}

/** What a head says of the length of its body, in bytes; `undefined` for one in chunks. */
function lengthOf(headers: IncomingHttpHeaders): number | undefined {
  return headers["transfer-encoding"] === undefined ? Number(headers["content-length"] ?? 0) : undefined;
}

const isAsking = ({ expect }: IncomingHttpHeaders) => expect?.toLowerCase() === "100-continue";

/** Bytes in chunks are taken; what would have to be decoded besides is not. @throws GatewayError 501 */
function requirePlainTransfer(coding: string): void {
  if (coding.trim().toLowerCase() !== "chunked") throw unknownTransferCoding();
}

function refuse(reply: FastifyReply, error: GatewayError): GatewayError {
  // The rest of the body is not read, and another connection may lead to a gateway with room.
  reply.header("connection", "close");
  return error;
}

/**
 * Refuses requests that still come over open connections after the shutdown began, in the form of every other
 * error. What was running before goes on.
 */
export const refuseWhenClosing = fp(
  async (app) => {
    let isClosing = false;
    app.addHook("preClose", async () => {
      isClosing = true;
    });
    app.addHook("onRequest", (_request, reply, done) => {
      if (!isClosing) {
        done();
        return;
      }
      reply.header("connection", "close");
      throw closing();
    });
  },
  { name: "refuse-when-closing", dependencies: ["request-id", "error-replies"] },
);
