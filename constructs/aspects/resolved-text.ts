import { DefaultTokenResolver, StringConcat, Tokenization } from "cdktf";
import type { IConstruct } from "constructs";

/** A value as it will stand in the synthesized JSON, tokens replaced by `${…}` references. */
export function resolvedText(scope: IConstruct, value: unknown): string {
  const resolver = new DefaultTokenResolver(new StringConcat());
  return JSON.stringify(Tokenization.resolve(value ?? null, { scope, resolver, preparing: false }));
}
