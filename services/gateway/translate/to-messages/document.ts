import type { JsonValue, Text } from "../../json/json-value";
import { beginningOf, isText, textOf } from "../../json/text";
import type { ContentBlock, MessagesTarget } from "../../messages/request";
import { TranslationError } from "../translation-error";
import { type DataUrl, readDataUrl } from "./data-url";
import { toBase64Image, toImage } from "./image";
import { quote } from "./read-value";

const MAX_TITLE = 200;
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
    filename === undefined || filename.trim() === "" ? {} : { title: filename.slice(0, MAX_TITLE) };
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
