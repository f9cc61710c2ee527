import { isObject, stringIn } from "../../json/client-value";
import { type JsonObject, ValueAllowance } from "../../json/json-value";
import { parseJson } from "../../json/parse-json";
import { escapeText } from "../internal/byte-text";

/**
 * The provider's reasoning on its way through the client. The API calls the field `encrypted_content`; ours is not
 * encrypted but signed by the provider, which refuses reasoning that was changed.
 */
export type ReasoningBlock =
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string };

/** Raised whenever the form changes; others are dropped. */
const VERSION = 1;

/** Longest `encrypted_content` that is read, in characters: more than a model can reason in one answer. */
export const MAX_ENVELOPE_LENGTH = 4 * 1024 * 1024;
/** Values in it; one has six. */
const MAX_ENVELOPE_VALUES = 16;

/**
 * Reasoning → `encrypted_content`.
 * @param members the block's members as JSON in byte text, without braces
 */
export function sealReasoning(upstreamModel: string, members: string): string {
  const json = `{"v":${VERSION},"model":"${escapeText(modelFamily(upstreamModel))}",${members}}`;
  return Buffer.from(json, "latin1").toString("base64");
}

/**
 * `encrypted_content` → reasoning. `undefined` for what the target cannot read: another model's, another version's,
 * or nothing of ours.
 */
export function openReasoning(sealed: string, upstreamModel: string): ReasoningBlock | undefined {
  if (sealed.length > MAX_ENVELOPE_LENGTH) return undefined;
  const value = parse(sealed);
  if (value?.["v"] !== VERSION || stringIn(value["model"]) !== modelFamily(upstreamModel)) return undefined;
  const [type, thinking, signature, data] = ["type", "thinking", "signature", "data"].map((name) =>
    stringIn(value[name]),
  );
  if (type === "redacted_thinking" && data !== undefined && data !== "") return { type, data };
  if (type !== "thinking" || thinking === undefined) return undefined;
  if (signature === undefined || signature === "") return undefined;
  return { type, thinking, signature };
}

/**
 * The model's name without region, provider, date and revision: the same model signs alike wherever it runs.
 * An id that does not name the model, such as a profile's ARN, stands for itself.
 */
function modelFamily(upstreamModel: string): string {
  const name = /claude-[a-z0-9.-]*[a-z0-9]/.exec(upstreamModel)?.[0] ?? upstreamModel;
  return name.replace(/-v\d+$/, "").replace(/-20\d{6}$/, "");
}

function parse(sealed: string): JsonObject | undefined {
  try {
    const value = parseJson(Buffer.from(sealed, "base64"), new ValueAllowance(MAX_ENVELOPE_VALUES));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
