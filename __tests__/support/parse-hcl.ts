import { parse } from "@cdktf/hcl2json";

/** Block type → labels → blocks, as plain data. */
export type ParsedHcl = Record<string, Record<string, Record<string, Record<string, unknown>[]>>>;

/** Native Terraform syntax, read by HashiCorp's own parser. What is text in it is text here. */
export async function parseHcl(text: string): Promise<ParsedHcl> {
  return withoutTemplateEscapes(await parse("file.tf", text)) as ParsedHcl;
}

/** The parser's JSON is Terraform's, in which `${` and `%{` of a text are doubled. */
function withoutTemplateEscapes(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/\$\$\{/g, "${").replace(/%%\{/g, "%{");
  if (Array.isArray(value)) return value.map(withoutTemplateEscapes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutTemplateEscapes(item)]));
}
