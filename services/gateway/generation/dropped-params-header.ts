/** Names in the header, at most; clients' own servers and proxies accept headers of a few KiB. */
const MAX_NAMES = 20;
const MAX_NAME_LENGTH = 64;

/**
 * Value of `x-gateway-dropped-params`. The names come from the client: what a header cannot hold is encoded, and neither
 * long nor many names make it long.
 */
export function droppedParamsHeader(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map(toHeaderText);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")}, and ${more} more` : shown.join(", ");
}

function toHeaderText(name: string): string {
  // Cut first, too, so that little is encoded; half a character has no encoding.
  const start = name.slice(0, MAX_NAME_LENGTH + 1).replace(/\p{Cs}/gu, "\ufffd");
  const text = /^[\w.[\]-]*$/.test(start) ? start : encodeURIComponent(start);
  return text.length <= MAX_NAME_LENGTH ? text : `${text.slice(0, MAX_NAME_LENGTH).replace(/%.?$/, "")}...`;
}
