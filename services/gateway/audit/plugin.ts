import type { FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import type { Clock } from "../../shared/clock";
import { auditNotCommitted, auditUnavailable, clientClosed } from "../errors/catalogue";
import type { GatewayError } from "../errors/gateway-error";
import { setRetryHeaders, toWireError } from "../http/errors";
import { Exchange } from "../http/exchange";
import type { Caller } from "../identity/caller";
import type { AuditLog, AuditRow } from "../store/audit-log";
import { AuditDraft } from "./draft";
import { UnsentRows } from "./unsent-rows";

declare module "fastify" {
  interface FastifyRequest {
    /** The row of this request; set on audited routes once the caller is known. */
    audit: AuditDraft | undefined;
  }
  interface FastifyContextConfig {
    /** Every authenticated request to this route ends in one audit row. @default false */
    isAudited?: boolean;
  }
}

/** A request whose caller is known and whose row is open. Whatever spends money takes one, so that nothing is spent without a row. */
export interface AuditedRequest extends FastifyRequest {
  readonly caller: Caller;
  readonly audit: AuditDraft;
}

/** @throws Error on a route that is not audited: that is a mistake of ours, and such a request must not reach a provider */
export function requireAudit(request: FastifyRequest): AuditedRequest {
  if (isAudited(request)) return request;
  throw new Error(`no audit row is open for ${request.routeOptions.url}`);
}

const isAudited = (request: FastifyRequest): request is AuditedRequest =>
  request.audit !== undefined && request.caller !== undefined;

/**
 * Opens a row before any work is done, and holds an answer back until its row is durable. A handler that
 * writes to the socket itself commits the row itself, before its last bytes.
 */
export const audit = fp<{ log: AuditLog; clock: Clock; onRow: (row: AuditRow) => void }>(
  async (app, { log, clock, onRow }) => {
    app.decorateRequest("audit", undefined);
    const unsent = new UnsentRows((error) => app.log.warn({ err: error }, "audit row not committed in time"));
    // Not waited for: they are queued with it, and whoever closes the log waits for the queue.
    app.addHook("onClose", async () => void unsent.flush());

    app.addHook("onRequest", (request, reply, done) => {
      if (request.routeOptions.config.isAudited === true && request.caller !== undefined)
        request.audit = openDraft(request, request.caller, reply);
      done();
    });

    function openDraft(request: FastifyRequest, caller: Caller, reply: FastifyReply): AuditDraft {
      const entry = log.open();
      if (entry === undefined) throw auditUnavailable();
      const draft = new AuditDraft(
        {
          requestId: request.id,
          route: request.routeOptions.url ?? "unknown",
          caller,
          headers: request.headers,
        },
        unsent.bound(entry),
        clock,
        onRow,
      );
      // A client that leaves while its body is read never reaches a handler.
      Exchange.of(reply.raw).onOver(() => {
        if (draft.isHandled || draft.isCommitted) return;
        draft.recordError(clientClosed());
        void draft
          .commit(499)
          .catch((error) =>
            request.log.warn({ err: error, requestId: request.id }, "audit row not committed in time"),
          );
      });
      return draft;
    }

    app.addHook("preHandler", (request, _reply, done) => {
      if (request.audit !== undefined) request.audit.isHandled = true;
      done();
    });

    app.addHook("onSend", async (request, reply, payload) => {
      if (request.audit === undefined || request.audit.isCommitted) return payload;
      try {
        await request.audit.commit(reply.statusCode);
        return payload;
      } catch (error) {
        request.log.warn({ err: error, requestId: request.id }, "audit row not committed in time");
        const refusal: GatewayError = auditNotCommitted();
        const { status, body } = toWireError(refusal, request);
        reply.code(status).type("application/json; charset=utf-8");
        setRetryHeaders(reply, refusal);
        return JSON.stringify(body);
      }
    });
  },
  { name: "audit", dependencies: ["auth"] },
);
