import type { Text } from "../../json/json-value";
import { textOf } from "../../json/text";

/** The parts of a `data:` URL. */
export interface DataUrl {
  /** Lower case, without parameters; `text/plain` when the URL names none. */
  readonly mediaType: string;
  readonly isBase64: boolean;
  readonly data: Text;
}

const HEAD = /^data:([^;,\s]*)((?:;[^;,]*)*),/i;
const MAX_HEAD = 256;

/** Splits a data URL, and leaves long data as it came. `undefined` for any other text. */
export function readDataUrl(url: Text): DataUrl | undefined {
  if (typeof url === "string") return split(url, (from) => url.slice(from));
  // Escapes before the data, such as `image\/png`, would be taken for a part of the type.
  const start = url.slice(0, MAX_HEAD).escaped;
  const comma = start.indexOf(",");
  if (comma >= 0 && start.lastIndexOf("\\", comma) < 0) return split(start, (from) => url.slice(from));
  const text = textOf(url);
  return split(text.slice(0, MAX_HEAD), (from) => text.slice(from));
}

function split(start: string, dataFrom: (index: number) => Text): DataUrl | undefined {
  const [head, mediaType, parameters] = HEAD.exec(start) ?? [];
  if (head === undefined) return undefined;
  return {
    mediaType: mediaType?.toLowerCase() || "text/plain",
    isBase64: /;base64$/i.test(parameters ?? ""),
    data: dataFrom(head.length),
  };
}
