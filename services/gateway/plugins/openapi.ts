import fp from "fastify-plugin";
import type { z } from "zod";
import { buildDocument, type DocumentedRoute } from "../openapi/document";

/** `GET /openapi.json`. Registered before the routes it describes. */
export const openApi = fp(
  async (app) => {
    const routes: DocumentedRoute[] = [];
    app.addHook("onRoute", ({ method, url, schema }) => {
      const { body, querystring } = (schema ?? {}) as { body?: z.ZodType; querystring?: z.ZodType };
      for (const one of [method].flat()) routes.push({ method: one, url, body, querystring });
    });

    let text: string | undefined;
    app.get("/openapi.json", { config: { isPublic: true } }, async (_request, reply) => {
      text ??= JSON.stringify(buildDocument(routes));
      return reply.type("application/json; charset=utf-8").send(text);
    });
  },
  { name: "openapi" },
);
