import { quote, TranslationError } from "../../json/client-value";
import type { JsonValue, Text } from "../../json/json-value";
import { beginningOf, byteLengthOf, isText, textOf } from "../../json/text";
import type { ContentBlock, MessagesTarget } from "../internal/request";

const MAX_TITLE_LENGTH = 200;
/** How a PDF begins, in base64. */
const PDF = /^JVBERi/;

/**
 * A file that the client sends along: a PDF or a text becomes a document, an image an image.
 * @param data a data URL, or base64 alone
 * @throws TranslationError for other files
 */
export function toDocument(
  data: Text,
  filename: string | undefined,
  path: string,
  { api }: MessagesTarget,
): ContentBlock {
  const file = readDataUrl(data) ?? bareFile(data);
  if (file.mediaType.startsWith("image/") && file.isBase64)
    return toBase64Image(file.mediaType, file.data, path, api);
  const title =
    filename === undefined || filename.trim() === "" ? {} : { title: filename.slice(0, MAX_TITLE_LENGTH) };
  if (file.mediaType === "application/pdf" && file.isBase64) {
    return {
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: file.data },
      ...title,
    };
  }
  if (!isTextual(file.mediaType)) {
    throw new TranslationError(
      path,
      `${path} must be a PDF, a text or an image, not ${quote(file.mediaType)}`,
    );
  }
  const text = decode(file, path);
  if (text.trim() === "") throw new TranslationError(path, `${path} holds a file without text`);
  return { type: "document", source: { type: "text", media_type: "text/plain", data: text }, ...title };
}

/**
 * An image, or a PDF that stands in its place, as clients of other gateways send it.
 * @throws TranslationError
 */
export function toImageOrPdf(url: Text, path: string, target: MessagesTarget): ContentBlock {
  const isPdf = readDataUrl(url)?.mediaType === "application/pdf";
  return isPdf ? toDocument(url, undefined, path, target) : toImage(url, path, target);
}

/** A document at an https address. @throws TranslationError for other addresses, and for targets that fetch nothing */
export function toDocumentAt(
  url: JsonValue | undefined,
  path: string,
  { api }: MessagesTarget,
): ContentBlock {
  if (!isText(url) || !/^https:\/\/[^\s/]/i.test(textOf(url))) {
    throw new TranslationError(path, `${path} must begin with https://`);
  }
  if (api === "anthropic") return { type: "document", source: { type: "url", url } };
  throw new TranslationError(path, `${path} is an address, and Bedrock fetches no files; send file_data`);
}

function bareFile(data: Text): DataUrl {
  return { mediaType: PDF.test(beginningOf(data, 48)) ? "application/pdf" : "unknown", isBase64: true, data };
}

function isTextual(mediaType: string): boolean {
  return mediaType.startsWith("text/") || mediaType === "application/json" || mediaType === "application/xml";
}

function decode({ data, isBase64 }: DataUrl, path: string): string {
  const text = textOf(data);
  if (isBase64) return Buffer.from(text, "base64").toString("utf8");
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TranslationError(path, `${path} must be percent-encoded text or base64`);
  }
}

const IMAGE_TYPES = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);
/** Beginnings of images in base64. Clients often name the wrong type, and the upstream looks at the bytes. */
const IMAGE_SIGNATURES: readonly (readonly [beginning: RegExp, mediaType: string])[] = [
  [/^iVBORw0KGgo/, "image/png"],
  [/^\/9j\//, "image/jpeg"],
  [/^R0lGOD/, "image/gif"],
  [/^UklGR.{6}XRUJQ/, "image/webp"],
];
/** Largest image, as base64. */
const MAX_IMAGE_LENGTH: Readonly<Record<MessagesTarget["api"], number>> = {
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
function toBase64Image(
  mediaType: string,
  data: Text,
  path: string,
  api: MessagesTarget["api"],
): ContentBlock {
  const length = byteLengthOf(data);
  const beginning = beginningOf(data, 48).replaceAll("\\/", "/");
  const named = mediaType === "image/jpg" ? "image/jpeg" : mediaType;
  const found = IMAGE_SIGNATURES.find(([pattern]) => pattern.test(beginning))?.[1] ?? named;
  if (!IMAGE_TYPES.has(found)) {
    throw new TranslationError(
      path,
      `${path} must be a JPEG, PNG, GIF or WebP image, not ${quote(mediaType)}`,
    );
  }
  if (length === 0) throw new TranslationError(path, `${path} holds no image`);
  if (length > MAX_IMAGE_LENGTH[api]) {
    throw new TranslationError(
      path,
      `${path} is an image of ${length} bytes in base64; at most ${MAX_IMAGE_LENGTH[api]} are accepted`,
    );
  }
  return { type: "image", source: { type: "base64", media_type: found, data } };
}

/** The parts of a `data:` URL. */
interface DataUrl {
  /** Lower case, without parameters; `text/plain` when the URL names none. */
  readonly mediaType: string;
  readonly isBase64: boolean;
  readonly data: Text;
}

const DATA_URL_HEAD = /^data:([^;,\s]*)((?:;[^;,]*)*),/i;
const MAX_DATA_URL_HEAD = 256;

/** Splits a data URL, and leaves long data as it came. `undefined` for any other text. */
function readDataUrl(url: Text): DataUrl | undefined {
  if (typeof url === "string") return split(url, (from) => url.slice(from));
  // Escapes before the data, such as `image\/png`, would be read as part of the type.
  const start = url.slice(0, MAX_DATA_URL_HEAD).escaped;
  const comma = start.indexOf(",");
  if (comma >= 0 && start.lastIndexOf("\\", comma) < 0) return split(start, (from) => url.slice(from));
  const text = textOf(url);
  return split(text.slice(0, MAX_DATA_URL_HEAD), (from) => text.slice(from));
}

function split(start: string, dataFrom: (index: number) => Text): DataUrl | undefined {
  const [head, mediaType, parameters] = DATA_URL_HEAD.exec(start) ?? [];
  if (head === undefined) return undefined;
  return {
    mediaType: mediaType?.toLowerCase() || "text/plain",
    isBase64: /;base64$/i.test(parameters ?? ""),
    data: dataFrom(head.length),
  };
}
