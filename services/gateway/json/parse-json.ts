import { isUtf8 } from "node:buffer";
import { BodyReader } from "./body-reader";
import { JsonSyntaxError } from "./json-syntax-error";
import type { JsonValue } from "./json-value";
import { ValueAllowance } from "./value-allowance";

/**
 * Reads the body of a request, once. What it accepts is what `JSON.parse` accepts, except for limits on nesting, on the number
 * of values and on that of the outermost fields, repeated ones included; every byte is validated, also in texts that are not decoded.
 *
 * A name that comes twice in an object is not refused: the last one counts, as in `JSON.parse`. No other reader can see
 * the first one, because only what was read here is written anew and sent. `__proto__` is a name like any other.
 *
 * Long strings become `RawText`. Numbers become `RawNumber` when they would be written differently; only a member of the
 * outermost object, which is a parameter such as `temperature`, is a plain number also when it came as `1.0`.
 * @param allowance of values; what was read of it is used, also when reading fails. @default - that of one request
 * @throws JsonSyntaxError
 */
export function parseJson(bytes: Buffer, allowance = new ValueAllowance()): JsonValue {
  if (!isUtf8(bytes)) throw new JsonSyntaxError("not valid UTF-8", 0);
  return new BodyReader(bytes, allowance).readDocument();
}
