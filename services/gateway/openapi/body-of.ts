import { z } from "zod";

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
