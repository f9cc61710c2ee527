import fp from "fastify-plugin";
import { closing } from "../errors";

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
