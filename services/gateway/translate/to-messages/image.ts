import type { Text } from "../../json/json-value";
import { beginningOf, byteLengthOf, textOf } from "../../json/text";
import type { ContentBlock, MessagesTarget } from "../../messages/request";
import { TranslationError } from "../translation-error";
import { readDataUrl } from "./data-url";
import { quote } from "./read-value";

const IMAGE_TYPES = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);
/** Beginnings of images in base64. Clients often name the wrong type, and the upstream looks at the bytes. */
const BEGINNINGS: readonly (readonly [beginning: RegExp, mediaType: string])[] = [
  [/^iVBORw0KGgo/, "image/png"],
  [/^\/9j\//, "image/jpeg"],
  [/^R0lGOD/, "image/gif"],
  [/^UklGR.{6}XRUJQ/, "image/webp"],
];
/** Largest image, as base64. */
const MAX_LENGTH: Readonly<Record<MessagesTarget["api"], number>> = {
  anthropic: 10 * 1024 * 1024,
  "bedrock-invoke": 5 * 1024 * 1024,
  "bedrock-messages": 5 * 1024 * 1024,
};

/**
 * An image, as a data URL or at an https address.
 * @throws TranslationError for other addresses, other kinds of images, and ones that the target does not take
 */
export function toImage(url: Text, path: string, { api }: MessagesTarget): ContentBlock {
  const data = readDataUrl(url);
  if (data !== undefined) {
    if (!data.isBase64)
      throw new TranslationError(path, `${path} must be base64, as in data:image/png;base64,…`);
    return toBase64Image(data.mediaType, data.data, path, api);
  }
  const address = textOf(url);
  if (!/^https:\/\/[^\s/]/i.test(address)) {
    throw new TranslationError(path, `${path} must be a data URL or begin with https://`);
  }
  if (api !== "anthropic") {
    throw new TranslationError(
      path,
      `${path} is an address, and Bedrock fetches no images; send it as a data URL`,
    );
  }
  return { type: "image", source: { type: "url", url } };
}

/** @throws TranslationError for images of other kinds, and too large ones */
export function toBase64Image(
  mediaType: string,
  data: Text,
  path: string,
  api: MessagesTarget["api"],
): ContentBlock {
  const length = byteLengthOf(data);
  const beginning = beginningOf(data, 48).replaceAll("\\/", "/");
  const named = mediaType === "image/jpg" ? "image/jpeg" : mediaType;
  const found = BEGINNINGS.find(([pattern]) => pattern.test(beginning))?.[1] ?? named;
  if (!IMAGE_TYPES.has(found)) {
    throw new TranslationError(
      path,
      `${path} must be a JPEG, PNG, GIF or WebP image, not ${quote(mediaType)}`,
    );
  }
  if (length === 0) throw new TranslationError(path, `${path} holds no image`);
  if (length > MAX_LENGTH[api]) {
    throw new TranslationError(
      path,
      `${path} is an image of ${length} bytes in base64; at most ${MAX_LENGTH[api]} are accepted`,
    );
  }
  return { type: "image", source: { type: "base64", media_type: found, data } };
}
