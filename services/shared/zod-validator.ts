import type { FastifySchemaCompiler } from "fastify";
import type { z } from "zod";

/**
 * Lets routes give zod schemas as `schema.body` and `schema.querystring`. Defaults are applied; the error
 * names the first field that is wrong as `validation path`, and all of them in its text.
 */
export const zodValidator: FastifySchemaCompiler<z.ZodType> = ({ schema }) => {
  return (data) => {
    const result = schema.safeParse(data);
    if (result.success) return { value: result.data };
    return { error: new BodyValidationError(result.error) };
  };
};

/** A body or query that does not have the shape its route asks for. */
export class BodyValidationError extends Error {
  override readonly name = "BodyValidationError";
  /** Path of the first wrong field, such as `messages.0.role`; `null` for the body as a whole. */
  readonly param: string | null;

  constructor(error: z.ZodError) {
    super(error.issues.map(describeIssue).join("; "));
    const first = error.issues[0];
    this.param = first === undefined ? null : fieldOf(first);
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const field = fieldOf(issue);
  return field === null ? issue.message : `${field}: ${issue.message}`;
}

function fieldOf(issue: z.core.$ZodIssue): string | null {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys" && issue.keys[0] !== undefined) path.push(issue.keys[0]);
  return path.length === 0 ? null : path.join(".");
}
