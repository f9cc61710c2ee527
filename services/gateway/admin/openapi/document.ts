import fp from "fastify-plugin";
import { z } from "zod";
import { accessOf } from "../../http/access";
import { KEY_ANSWERS, PLATFORM_ANSWERS, SPEND_ANSWERS, USER_ANSWERS } from "./answers";

/** A route as it was registered. */
interface DocumentedRoute {
  readonly method: string;
  /** Fastify's pattern, such as `/key/:key/regenerate`. */
  readonly url: string;
  readonly body: z.ZodType | undefined;
  readonly querystring: z.ZodType | undefined;
}

type JsonObject = Readonly<Record<string, unknown>>;

const ERROR = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["message", "type", "param", "code"],
      properties: {
        message: { type: "string" },
        type: { type: "string" },
        param: { type: ["string", "null"] },
        code: { type: ["string", "null"] },
      },
    },
  },
};

/** The OpenAPI 3.1 document of the routes. Bodies and queries come from the schemas that check them; answers are held to theirs by tests. */
function buildDocument(routes: readonly DocumentedRoute[]): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, "{$1}");
    const operations = paths[path] ?? {};
    paths[path] = operations;
    operations[route.method.toLowerCase()] = describeOperation(route);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Gateway", version: "1", description: "LiteLLM's wire in front of model providers." },
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "sk-…" } },
      schemas: { Error: ERROR },
      responses: {
        Error: {
          description: "An error in OpenAI's shape",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
        },
      },
    },
  };
}

function describeOperation({ method, url, querystring, ...route }: DocumentedRoute): JsonObject {
  const body = route.body ?? bodyOf(method, url);
  const access = accessOf(method, url);
  const isPublic = access?.roles === "public";
  const parameters = [...pathParameters(url), ...queryParameters(querystring)];
  return {
    operationId: `${method} ${url}`.toLowerCase().replace(/\W+/g, "_").replace(/_$/, ""),
    summary: access?.summary ?? "",
    ...(access === undefined || isPublic ? {} : { "x-roles": access.roles }),
    security: isPublic ? [] : [{ key: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.safeParse(null).success,
            content: { "application/json": { schema: toSchema(body) } },
          },
        }),
    responses: {
      "200": describeAnswer(answerOf(method, url)),
      default: { $ref: "#/components/responses/Error" },
    },
  };
}

function describeAnswer(answer: z.ZodType | undefined): JsonObject {
  if (answer === undefined) return { description: "Done" };
  return { description: "Done", content: { "application/json": { schema: toSchema(answer, "output") } } };
}

function pathParameters(url: string): JsonObject[] {
  return [...url.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(querystring: z.ZodType | undefined): JsonObject[] {
  if (querystring === undefined) return [];
  const { properties = {}, required = [] } = toSchema(querystring) as {
    properties?: JsonObject;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

/** What a client may send is what a schema takes (`input`), not what it makes of it. */
function toSchema(schema: z.ZodType, io: "input" | "output" = "input"): JsonObject {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

/** What each route of the management API answers with status 200. Routes of models have their providers' shapes. */
export const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  ...KEY_ANSWERS,
  ...USER_ANSWERS,
  ...SPEND_ANSWERS,
  ...PLATFORM_ANSWERS,
};

/** The answer of a route. `undefined`: not described. @param url the route's pattern */
function answerOf(method: string, url: string): z.ZodType | undefined {
  return ANSWERS[`${method} ${url}`];
}

const model = z.string().min(1).max(500);
const stream = z.boolean().nullish();

/** What every body of a wire API holds; the rest is its provider's reference, and may be more than is known here. */
const WIRE_BODIES: Readonly<Record<string, z.ZodType>> = {
  "/chat/completions": z.looseObject({ model, messages: z.array(z.looseObject({})).min(1), stream }),
  "/messages": z.looseObject({
    model,
    max_tokens: z.int().min(1),
    messages: z.array(z.looseObject({})).min(1),
    stream,
  }),
  "/messages/count_tokens": z.looseObject({ model, messages: z.array(z.looseObject({})).min(1) }),
  "/responses": z.looseObject({ model, input: z.union([z.string(), z.array(z.looseObject({}))]), stream }),
};

/** The body of a route that reads its body itself. `undefined`: none is known. @param url the route's pattern */
export function bodyOf(method: string, url: string): z.ZodType | undefined {
  return method === "POST" ? WIRE_BODIES[url.replace(/^\/v1/, "")] : undefined;
}

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
