import { type JsonValue, RawNumber } from "./json-value";

/** The number that a value is, however it was spelled; `undefined` for anything else. May be infinite: `1e999`. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  return value instanceof RawNumber ? Number(value.text) : undefined;
}
